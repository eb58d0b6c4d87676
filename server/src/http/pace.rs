//! How slowly a body may come.
//!
//! Whoever sends a body holds something meanwhile that others wait for: room in memory, room on the disk. A line on which nothing comes
//! for a while is noticed by the layer around all routes; one on which a byte comes now and then is not, and could hold it for hours.
//! So there is so much patience with a body: it runs out while the body is waited for, and what comes brings it back, up to what it was.
//! However thin a line is, if it carries the [least rate](Pace::bytes_a_second), what is sent on it comes through; and what has come
//! fast at first earns nobody the right to stop for long.

use std::pin::Pin;
use std::time::Duration;

use axum::Error;
use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout};

/// How slowly a body may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long nothing may come.
    pub(crate) patience: Duration,
    /// What it takes to be waited for again and again.
    pub(crate) bytes_a_second: u32,
}

impl Pace {
    /// For pushes and rescue files. A tablet gives up after half a minute by itself and tries with less (`sync::planner`): none of
    /// those is ever cut off by this. A change that can't be made smaller, a sheet with its signature say, comes through from other
    /// devices on any line of 10 kbit/s.
    pub(crate) const LEAST: Self = Self { patience: Duration::from_secs(30), bytes_a_second: 1_024 };

    fn earned_by(self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.patience.min(Duration::from_secs(bytes.into()) / self.bytes_a_second)
    }
}

/// How long the body of a request is said to be.
pub(crate) fn announced(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why no more of a body comes: the line was cut, or carries next to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// A body that is waited for at a pace.
pub(crate) struct Paced<S = BodyDataStream> {
    body: Pin<Box<S>>,
    pace: Pace,
    left: Duration,
}

impl Paced {
    /// A request's body, at the least pace.
    pub(crate) fn new(body: Body) -> Self {
        Self::at(Pace::LEAST, body.into_data_stream())
    }
}

impl<S: Stream<Item = Result<Bytes, Error>>> Paced<S> {
    fn at(pace: Pace, body: S) -> Self {
        Self { body: Box::pin(body), pace, left: pace.patience }
    }

    /// What comes next of it; nothing, at its end. Only the time that is spent in here counts.
    ///
    /// # Errors
    /// When there will be no more of it.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Interrupted> {
        let since = Instant::now();
        let came = timeout(self.left, self.body.next()).await.map_err(|_| Interrupted)?;
        let Some(bytes) = came.transpose().map_err(|_| Interrupted)? else { return Ok(None) };
        let left = self.left.saturating_sub(since.elapsed()) + self.pace.earned_by(bytes.len());
        self.left = left.min(self.pace.patience);
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    const PACE: Pace = Pace { patience: Duration::from_secs(30), bytes_a_second: 1_000 };

    /// A body that comes in such pieces, each after such a time.
    fn pieces(pieces: &[(u64, usize)]) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        stream::iter(pieces.to_vec()).then(async |(seconds, bytes)| {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(Bytes::from(vec![b'x'; bytes]))
        })
    }

    async fn length(body: impl Stream<Item = Result<Bytes, Error>>) -> Result<usize, Interrupted> {
        let mut paced = Paced::at(PACE, body);
        let mut length = 0;
        while let Some(piece) = paced.next().await? {
            length += piece.len();
        }
        Ok(length)
    }

    #[tokio::test(start_paused = true)]
    async fn a_thin_line_is_waited_for_as_long_as_it_carries_the_least_rate() {
        // 20 kbit/s, for a quarter of an hour.
        assert_eq!(length(pieces(&[(1, 2_500); 900])).await, Ok(2_250_000));
        assert_eq!(length(pieces(&[(1, 1_000); 900])).await, Ok(900_000), "at the least rate itself");
        assert_eq!(length(pieces(&[(25, 64_000); 40])).await, Ok(2_560_000), "by fits and starts");
        assert_eq!(length(pieces(&[(28, 3)])).await, Ok(3), "what is short has its time all the same");
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_carries_next_to_nothing_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(length(pieces(&[(1, 1); 900])).await, Err(Interrupted));
        assert!(begun.elapsed() < Duration::from_secs(32), "{:?}", begun.elapsed());
        let begun = Instant::now();
        assert_eq!(length(pieces(&[(1, 900); 900])).await, Err(Interrupted));
        let waited = begun.elapsed();
        assert!((Duration::from_secs(250)..Duration::from_secs(350)).contains(&waited), "{waited:?}");
        assert_eq!(length(pieces(&[(31, 1_000_000)])).await, Err(Interrupted), "nothing at all");
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_fast_earns_nobody_the_right_to_stop() {
        let stops = [(0, 100_000_000), (29, 1), (2, 1)];
        assert_eq!(length(pieces(&stops)).await, Err(Interrupted));
    }

    #[tokio::test(start_paused = true)]
    async fn what_its_taker_needs_does_not_count() {
        let mut paced = Paced::at(PACE, pieces(&[(1, 1_000); 100]));
        while paced.next().await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }

    #[tokio::test]
    async fn a_line_that_is_cut_is_told_from_an_end() {
        let cut = stream::iter([Ok(Bytes::from_static(b"begun")), Err(Error::new("cut"))]);
        assert_eq!(length(cut).await, Err(Interrupted));
    }
}
