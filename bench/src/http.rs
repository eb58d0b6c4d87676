//! As much of HTTP/1.1 as it takes to ask our own server, without spending much of the machine's time on it.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What browsers accept.
const ENCODINGS: &str = "gzip, deflate, br, zstd";
const LINE_END: &[u8] = b"\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Writes a request out, ready to be sent as often as wanted.
pub(crate) fn request(method: &str, path: &str, cookie: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\nx-fieldloop: 1\r\n\
         accept-encoding: {ENCODINGS}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// An answer, read to its end and unpacked.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The cookie that it sets, as it is to be sent back.
    pub(crate) cookie: Option<String>,
    /// When it asks to be asked again.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
    /// All bytes that came over the line.
    pub(crate) wire_bytes: usize,
    /// When the last of them had come.
    pub(crate) received: Instant,
}

impl Response {
    /// Lets an answer pass that says that all went well.
    pub(crate) fn successful(self, doing: impl Display) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        bail!("{doing}: the server answered {} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    /// Reads the body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).context("the server's answer can't be read")
    }
}

/// A connection that is kept open, for one question at a time.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has come and has not been looked at yet.
    received: Vec<u8>,
    /// How much has been looked at since the last question.
    taken: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new(), taken: 0 })
    }

    /// Sends a request that was written out, and reads the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Response> {
        self.taken = 0;
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        let packed = match head.body {
            Body::Length(length) => self.take(length).await?,
            Body::Chunked => {
                let mut body = Vec::new();
                loop {
                    let chunk = self.read_chunk().await?;
                    if chunk.is_empty() {
                        break body;
                    }
                    body.extend_from_slice(&chunk);
                }
            }
        };
        let received = Instant::now();
        let body = if head.zstd { zstd::decode_all(&*packed)? } else { packed };
        let Head { status, cookie, retry_after, .. } = head;
        Ok(Response { status, cookie, retry_after, body, wire_bytes: self.taken, received })
    }

    /// Sends a request that is answered by a stream of events, and gives the stream once it has begun.
    pub(crate) async fn listen(mut self, request: &[u8]) -> Result<EventStream> {
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        if head.status != 200 {
            bail!("listening: the server answered {}", head.status);
        }
        Ok(EventStream { connection: self, text: Vec::new() })
    }

    async fn read_head(&mut self) -> Result<Head> {
        let end = self.find(HEAD_END).await?;
        let head = self.take(end + HEAD_END.len()).await?;
        Head::read(&head)
    }

    /// The next chunk of a body that comes in chunks; an empty one is its end.
    async fn read_chunk(&mut self) -> Result<Vec<u8>> {
        let end = self.find(LINE_END).await?;
        let line = self.take(end + LINE_END.len()).await?;
        let digits = std::str::from_utf8(&line).context("a chunk begins with its length")?.trim();
        let length = usize::from_str_radix(digits, 16).context("a chunk begins with its length")?;
        let mut chunk = self.take(length + LINE_END.len()).await?;
        chunk.truncate(length);
        Ok(chunk)
    }

    /// Waits for a mark and says where it stands.
    async fn find(&mut self, mark: &[u8]) -> Result<usize> {
        loop {
            if let Some(place) = self.received.windows(mark.len()).position(|window| window == mark) {
                return Ok(place);
            }
            self.receive().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.received.len() < length {
            self.receive().await?;
        }
        self.taken += length;
        let rest = self.received.split_off(length);
        Ok(std::mem::replace(&mut self.received, rest))
    }

    async fn receive(&mut self) -> Result<()> {
        self.received.reserve(64 * 1024);
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server has closed the connection");
        }
        Ok(())
    }
}

/// What stands before a body.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    cookie: Option<String>,
    retry_after: Option<Duration>,
    body: Body,
    zstd: bool,
}

#[derive(Debug, PartialEq)]
enum Body {
    Length(usize),
    Chunked,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).context("an answer begins with letters")?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let mut head = Self {
            status: status.context("no status")?,
            cookie: None,
            retry_after: None,
            body: Body::Length(0),
            zstd: false,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("content-length", length) => {
                    head.body = Body::Length(length.parse().context("no length")?);
                }
                ("transfer-encoding", "chunked") => head.body = Body::Chunked,
                ("content-encoding", "zstd") => head.zstd = true,
                ("content-encoding", other) => bail!("the answer is packed as {other}"),
                ("retry-after", seconds) => {
                    head.retry_after = Some(Duration::from_secs(seconds.parse().context("no seconds")?));
                }
                ("set-cookie", cookie) => head.cookie = cookie.split(';').next().map(str::to_owned),
                _ => {}
            }
        }
        Ok(head)
    }
}

/// An open stream of events.
#[derive(Debug)]
pub(crate) struct EventStream {
    connection: Connection,
    text: Vec<u8>,
}

impl EventStream {
    /// Waits for the next event that has an id, and gives it.
    pub(crate) async fn next(&mut self) -> Result<u64> {
        loop {
            while let Some(end) = self.text.windows(2).position(|window| window == b"\n\n") {
                let rest = self.text.split_off(end + 2);
                let block = std::mem::replace(&mut self.text, rest);
                match read_event(&block)? {
                    Some(id) => return Ok(id),
                    None => continue,
                }
            }
            let chunk = self.connection.read_chunk().await?;
            if chunk.is_empty() {
                bail!("the stream of events has ended");
            }
            self.text.extend_from_slice(&chunk);
        }
    }
}

/// The id of a `changed` event. Nothing, for a sign of life, and for a notice: it is no change.
fn read_event(block: &[u8]) -> Result<Option<u64>> {
    let text = std::str::from_utf8(block).context("events are letters")?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    match (field("event: "), field("id: ")) {
        (None | Some("notice"), _) => Ok(None),
        (Some("changed"), Some(id)) => Ok(Some(id.parse().context("an event's id is a number")?)),
        (Some(other), _) => bail!("a watcher was told `{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_how_its_body_comes() {
        let head = |rest: &str| Head::read(format!("HTTP/1.1 200 OK\r\n{rest}\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(head("content-length: 7").body, Body::Length(7));
        let packed = head("Transfer-Encoding: chunked\r\ncontent-encoding: zstd");
        assert!(packed.body == Body::Chunked && packed.zstd);
        assert_eq!(head("set-cookie: fieldloop=abc; Path=/").cookie.as_deref(), Some("fieldloop=abc"));
        assert_eq!(head("retry-after: 7").retry_after, Some(Duration::from_secs(7)));
        assert!(Head::read(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\n").is_err());
    }

    #[test]
    fn only_changes_count_as_events() {
        assert_eq!(read_event(b": alive\n\n").unwrap(), None);
        assert_eq!(read_event(b"event: changed\nid: 7\ndata: {}\n\n").unwrap(), Some(7));
        assert!(read_event(b"event: behind\ndata: {}\n\n").is_err());
    }

    #[tokio::test]
    async fn an_answer_in_chunks_is_read_to_its_end_and_no_further() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1];
            for answer in [
                &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n"[..],
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno",
            ] {
                stream.read_exact(&mut asked).await.unwrap();
                for byte in answer.chunks(5) {
                    stream.write_all(byte).await.unwrap();
                }
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        let first = connection.ask(b"?").await.unwrap();
        assert_eq!((first.status, &*first.body), (200, &b"one two"[..]));
        let second = connection.ask(b"?").await.unwrap();
        assert_eq!((second.status, &*second.body, second.wire_bytes), (404, &b"no"[..], 47));
        serving.await.unwrap();
    }
}
