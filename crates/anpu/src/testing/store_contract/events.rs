//! Cases of `Events`: order, streams, pages of a replay.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::case::{Case, LONG};
use crate::error::Result;
use crate::store::{Bound, Event, Position, Replay, Store};

/// A bound that no case reaches.
pub(super) const WIDE: Bound = Bound { entries: 10_000, bytes: 10_000_000, ttl: LONG };

/// The events of a replay that must be complete.
#[track_caller]
pub(super) fn complete(replay: Replay) -> Vec<Event> {
    match replay {
        Replay::Events(events) => events,
        Replay::Gone => panic!("gone, where nothing was dropped"),
    }
}

/// The bytes of events, as text.
pub(super) fn texts(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| String::from_utf8_lossy(&event.bytes).into_owned()).collect()
}

pub(super) async fn events_come_back_in_order<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    assert_eq!(case.store.replay(&log, None, Position::START, 10).await?, Replay::Events(vec![]));
    let mut positions = Vec::new();
    for at in 0..6u64 {
        let store = if at % 2 == 0 { &case.store } else { &case.twin };
        positions.push(store.append(&log, at % 3, Bytes::from(format!("e{at}")), WIDE).await?);
    }
    assert!(positions.is_sorted_by(|a, b| a < b), "positions grow: {positions:?}");
    assert!(positions[0] > Position::START);
    let all = complete(case.twin.replay(&log, None, Position::START, 10).await?);
    assert_eq!(texts(&all), ["e0", "e1", "e2", "e3", "e4", "e5"]);
    assert_eq!(all.iter().map(|event| event.position).collect::<Vec<_>>(), positions);
    assert_eq!(all.iter().map(|event| event.stream).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    let rest = complete(case.store.replay(&log, None, positions[3], 10).await?);
    assert_eq!(texts(&rest), ["e4", "e5"]);
    assert_eq!(complete(case.store.replay(&log, None, positions[5], 10).await?), []);
    let later = Position(positions[5].0 + 1);
    assert_eq!(case.store.replay(&log, None, later, 10).await?, Replay::Gone, "a position that it never gave");
    assert_eq!(complete(case.store.replay(&case.name("other"), None, Position::START, 10).await?), []);
    Ok(())
}

pub(super) async fn an_event_is_told_by_its_stream<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let streams = [0, 7, u64::MAX];
    let mut positions = Vec::new();
    for at in 0..9usize {
        positions.push(case.store.append(&log, streams[at % 3], Bytes::from(format!("e{at}")), WIDE).await?);
    }
    let of = async |stream, after| Ok(texts(&complete(case.twin.replay(&log, Some(stream), after, 10).await?)));
    let said: Result<Vec<String>> = of(7, Position::START).await;
    assert_eq!(said?, ["e1", "e4", "e7"]);
    assert_eq!(of(u64::MAX, positions[2]).await?, ["e5", "e8"]);
    assert_eq!(of(0, positions[7]).await?, Vec::<String>::new(), "the position of another stream's event will do");
    assert_eq!(of(99, Position::START).await?, Vec::<String>::new(), "a stream that never said anything");
    Ok(())
}

pub(super) async fn a_replay_goes_on_where_it_ended<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    for at in 0..25u64 {
        case.store.append(&log, at % 2, Bytes::from(at.to_string()), WIDE).await?;
    }
    for (stream, wanted) in [(None, 25), (Some(1), 12)] {
        let (mut after, mut seen) = (Position::START, Vec::new());
        loop {
            let events = complete(case.store.replay(&log, stream, after, 4).await?);
            assert!(events.len() == 4 || seen.len() + events.len() == wanted, "fewer only at the end");
            let Some(last) = events.last() else { break };
            after = last.position;
            seen.extend(texts(&events));
        }
        assert_eq!(seen.len(), wanted);
    }
    assert_eq!(complete(case.store.replay(&log, None, Position::START, 0).await?), []);
    Ok(())
}

pub(super) async fn racing_appends_are_all_there<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let racers = (0..200u64).map(|racer| {
        let store = if racer % 2 == 0 { case.store.clone() } else { case.twin.clone() };
        let log = log.clone();
        tokio::spawn(async move { store.append(&log, racer % 5, Bytes::from(racer.to_string()), WIDE).await })
    });
    let mut positions = BTreeSet::new();
    for racer in Vec::from_iter(racers) {
        positions.insert(racer.await??);
    }
    assert_eq!(positions.len(), 200, "each has a position of its own");
    let events = complete(case.store.replay(&log, None, Position::START, 1000).await?);
    assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), Vec::from_iter(positions));
    let said: BTreeSet<String> = texts(&events).into_iter().collect();
    assert_eq!(said.len(), 200, "each event is there once");
    Ok(())
}
