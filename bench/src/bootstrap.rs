//! A fresh device fetches everything.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use sync::messages::{Cursor, PROTOCOL, PullRequest};

use crate::company::{self, Company, Member};
use crate::figure::{Figure, quantile};
use crate::http::{self, Connection};
use crate::process::Server;

const TICKETS: usize = 10_000;
/// How many devices fetch everything, one after the other.
const DEVICES: usize = 9;

/// As much of a page as it takes to ask for the next one.
#[derive(Deserialize)]
struct Page<'p> {
    #[serde(borrow)]
    documents: Vec<&'p RawValue>,
    scope: String,
    cursor: Cursor,
    more: bool,
}

/// What it took to fetch everything.
#[derive(Debug, Default)]
struct Fetched {
    waited: Duration,
    wire_bytes: usize,
    bytes: usize,
    tickets: usize,
}

pub(crate) async fn measure(binary: &Path, folder: &Path) -> Result<Vec<Figure>> {
    eprintln!("  {TICKETS} tickets to a fresh device");
    let server = Server::start(binary, folder)?;
    let company = Company::found(server.address, &server.link, 1).await?;
    company::fill(&company, TICKETS, None).await?;
    let agent = company.agents.first().context("a company has an agent")?;
    let mut waits = Vec::with_capacity(DEVICES);
    let mut last = Fetched::default();
    for _ in 0..DEVICES {
        last = fetch(&company, agent).await?;
        ensure!(last.tickets == TICKETS, "of {TICKETS} tickets, {} came", last.tickets);
        waits.push(last.waited);
    }
    Ok(vec![
        Figure::millis("bootstrap of 10,000 tickets, p50", quantile(&mut waits, 0.5)).at_most(150.0),
        Figure::new("bootstrap of 10,000 tickets, on the wire", last.wire_bytes as f64, "bytes")
            .at_most(1_400_000.0)
            .beside("unpacked", last.bytes as f64),
    ])
}

async fn fetch(company: &Company, member: &Member) -> Result<Fetched> {
    let mut connection = Connection::open(company.address).await?;
    let mut asked =
        PullRequest { protocol: PROTOCOL, cursor: None, scope: None, directory: None, room_bytes: None };
    let mut fetched = Fetched::default();
    loop {
        let request = http::request("POST", "/api/sync/pull", &member.cookie, &serde_json::to_vec(&asked)?);
        let begun = Instant::now();
        let response = connection.ask(&request).await?;
        // Until the last byte; unpacking is the device's business.
        fetched.waited += response.received.duration_since(begun);
        fetched.wire_bytes += response.wire_bytes;
        let response = response.successful("a pull")?;
        fetched.bytes += response.body.len();
        let page: Page<'_> = serde_json::from_slice(&response.body).context("a page can't be read")?;
        fetched.tickets += page.documents.len();
        asked.cursor = Some(page.cursor);
        asked.scope = Some(page.scope);
        if !page.more {
            return Ok(fetched);
        }
    }
}
