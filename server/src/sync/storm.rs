//! Many devices that come back at once, to a gate that lets in next to none of them: the small form of what `cargo xtask bench` measures.

use std::collections::BTreeMap;

use domain::ticket::Change;
use domain::{ChangeId, DeviceId};
use futures_util::future::join_all;
use sync::messages::{PushRequest, PushResponse, Verdict};

use super::testing::{Company, Tablet};
use crate::store::chain::Verified;

const DEVICES: usize = 50;
const CHANGES: usize = 40;
/// So many changes in a push: each device has several.
const IN_A_PUSH: usize = 8;
/// So many pushes fit through the gate at a time.
const NARROW: u32 = 3;

/// How a device fared.
#[derive(Default)]
struct Fared {
    turned_away: usize,
    acknowledged: Vec<(ChangeId, u64)>,
}

/// Pushes until everything is acknowledged, and takes no other answer than verdicts and being turned away.
async fn deliver(tablet: &Tablet, changes: &[Change]) -> Fared {
    let mut fared = Fared::default();
    let mut pushes = changes.chunks(IN_A_PUSH).peekable();
    while let Some(push) = pushes.peek() {
        let request = PushRequest { complete: true, ..PushRequest::of(tablet.device, push.to_vec()) };
        let response = tablet.post("push", &request).await;
        if response.status() == 503 {
            let asked: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=120).contains(&asked), "{asked}");
            assert_eq!(super::testing::error_code(response).await, "busy");
            fared.turned_away += 1;
            tokio::task::yield_now().await;
            continue;
        }
        assert_eq!(response.status(), 200);
        let response: PushResponse = response.json().await.unwrap();
        for judged in response.verdicts {
            let Verdict::Applied { revision } = judged.verdict else { panic!("{judged:?}") };
            fared.acknowledged.push((judged.id, revision));
        }
        pushes.next();
    }
    fared
}

#[tokio::test]
async fn whoever_is_turned_away_comes_back_and_every_change_is_acknowledged_once() {
    let company = Company::open().await;
    let _narrow = company.state.gate.narrow_to(NARROW);
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        let mut tablet = company.tablet(&company.agent).await;
        let registered = tablet.register();
        let ticket = registered.ticket;
        let mut changes = vec![registered];
        changes.extend((1..CHANGES).map(|number| tablet.comment(ticket, &format!("number {number}"))));
        devices.push((tablet, changes));
    }
    let fared = join_all(devices.iter().map(|(tablet, changes)| deliver(tablet, changes))).await;
    assert!(fared.iter().map(|fared| fared.turned_away).sum::<usize>() > 0, "the gate was narrow enough");

    let acknowledged: BTreeMap<ChangeId, u64> =
        fared.iter().flat_map(|fared| fared.acknowledged.iter().copied()).collect();
    let made = devices.iter().flat_map(|(_, changes)| changes.iter().map(|change| change.id));
    assert!(made.eq(fared.iter().flat_map(|fared| fared.acknowledged.iter().map(|(id, _)| *id))));
    let recorded: Vec<(ChangeId, u64)> = company.state.store.places().await.unwrap();
    assert_eq!(recorded.len(), DEVICES * CHANGES, "none twice");
    assert_eq!(recorded.into_iter().collect::<BTreeMap<_, _>>(), acknowledged, "none lost");
    let changes = (DEVICES * CHANGES) as u64;
    assert_eq!(company.state.store.verify_chain().await.unwrap(), Verified::Whole { changes });
}

#[tokio::test]
async fn of_a_push_that_is_turned_away_nothing_is_known() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let change = tablet.register();
    let closed = company.state.gate.narrow_to(0);
    let request = PushRequest { complete: true, ..PushRequest::of(tablet.device, vec![change.clone()]) };
    let response = tablet.post("push", &request).await;
    assert_eq!(response.status(), 503);
    let mut connection = company.state.store.read().await.unwrap();
    let known = crate::store::devices::find(&mut connection, &[tablet.device]).await.unwrap();
    assert_eq!(known, Vec::<(DeviceId, _)>::new());
    drop(closed);
    let verdicts = tablet.push(&[change]).await.verdicts;
    assert!(matches!(verdicts[0].verdict, Verdict::Applied { .. }));
}
