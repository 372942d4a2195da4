//! Cases of `Events`: what a log drops, and that it says so.

use std::time::Duration;

use bytes::Bytes;

use super::case::{Case, LONG, SHORT, WHILE};
use super::events::{WIDE, complete, texts};
use crate::error::Result;
use crate::store::{Bound, Position, Replay, Store};

pub(super) async fn a_log_holds_so_many_events<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let bound = Bound { entries: 3, ..WIDE };
    let mut at = Vec::new();
    for text in ["a", "b", "c", "d", "e"] {
        at.push(case.store.append(&log, 1, text.into(), bound).await?);
    }
    for (after, wanted) in [(at[1], vec!["c", "d", "e"]), (at[2], vec!["d", "e"]), (at[4], vec![])] {
        assert_eq!(texts(&complete(case.twin.replay(&log, Some(1), after, 10).await?)), wanted);
        assert_eq!(texts(&complete(case.twin.replay(&log, None, after, 10).await?)), wanted);
    }
    for after in [Position::START, at[0]] {
        assert_eq!(case.twin.replay(&log, Some(1), after, 10).await?, Replay::Gone, "b was dropped");
        assert_eq!(case.twin.replay(&log, None, after, 10).await?, Replay::Gone);
    }
    Ok(())
}

pub(super) async fn a_log_holds_so_many_bytes<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let bound = Bound { bytes: 1000, ..WIDE };
    let mut at = Vec::new();
    for _ in 0..4 {
        at.push(case.store.append(&log, 1, Bytes::from(vec![b'x'; 400]), bound).await?);
    }
    assert_eq!(complete(case.store.replay(&log, Some(1), at[1], 10).await?).len(), 2, "two of 400 fit into 1000");
    assert_eq!(case.store.replay(&log, Some(1), at[0], 10).await?, Replay::Gone);
    let large = case.store.append(&log, 1, Bytes::from(vec![b'x'; 5000]), bound).await?;
    let events = complete(case.store.replay(&log, Some(1), at[3], 10).await?);
    assert_eq!(events.len(), 1, "the newest stays, however large");
    assert_eq!((events[0].position, events[0].bytes.len()), (large, 5000));
    let none = Bound { entries: 0, ..WIDE };
    let last = case.store.append(&log, 1, "last".into(), none).await?;
    assert_eq!(texts(&complete(case.store.replay(&log, Some(1), large, 10).await?)), ["last"], "one is kept");
    assert_eq!(complete(case.store.replay(&log, Some(1), last, 10).await?), []);
    Ok(())
}

pub(super) async fn one_stream_does_not_lose_for_another<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let bound = Bound { entries: 4, ..WIDE };
    let quiet = case.store.append(&log, 1, "quiet".into(), bound).await?;
    for at in 0..20u64 {
        case.store.append(&log, 2, Bytes::from(at.to_string()), bound).await?;
    }
    let missed = case.store.replay(&log, Some(1), quiet, 10).await?;
    assert_eq!(missed, Replay::Events(vec![]), "nothing of stream 1 was missed, whatever stream 2 said");
    assert_eq!(case.store.replay(&log, Some(1), Position::START, 10).await?, Replay::Gone);
    assert_eq!(case.store.replay(&log, None, quiet, 10).await?, Replay::Gone, "of the log, something was");
    let later = case.store.append(&log, 1, "later".into(), bound).await?;
    assert_eq!(texts(&complete(case.twin.replay(&log, Some(1), quiet, 10).await?)), ["later"]);
    assert_eq!(complete(case.twin.replay(&log, Some(1), later, 10).await?), []);
    Ok(())
}

pub(super) async fn a_trimmed_stream_is_gone_up_to_there<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let mut at = Vec::new();
    for text in ["a1", "b2", "c1", "d2", "e1"] {
        let stream = if text.ends_with('1') { 1 } else { 2 };
        at.push(case.store.append(&log, stream, text.into(), WIDE).await?);
    }
    case.twin.trim(&log, 1, at[3]).await?;
    assert_eq!(texts(&complete(case.store.replay(&log, Some(1), at[2], 10).await?)), ["e1"]);
    assert_eq!(case.store.replay(&log, Some(1), at[0], 10).await?, Replay::Gone, "c1 was trimmed");
    let other = complete(case.store.replay(&log, Some(2), Position::START, 10).await?);
    assert_eq!(texts(&other), ["b2", "d2"], "the other stream keeps what it has");
    case.store.trim(&log, 3, at[4]).await?;
    case.store.trim(&case.name("missing"), 1, at[4]).await?;
    assert_eq!(complete(case.store.replay(&log, Some(2), Position::START, 10).await?).len(), 2);
    let room = Bound { entries: 3, ..WIDE };
    case.store.append(&log, 2, "f2".into(), room).await?;
    let all = complete(case.store.replay(&log, Some(2), at[1], 10).await?);
    assert_eq!(texts(&all), ["d2", "f2"], "what was trimmed takes no room");
    Ok(())
}

pub(super) async fn a_forgotten_log_is_gone<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let old = case.store.append(&log, 1, "old".into(), WIDE).await?;
    case.twin.forget(&log).await?;
    case.twin.forget(&log).await?;
    assert_eq!(case.store.replay(&log, Some(1), old, 10).await?, Replay::Gone, "nothing is known of it any more");
    assert_eq!(complete(case.store.replay(&log, Some(1), Position::START, 10).await?), []);
    let new = case.store.append(&log, 1, "new".into(), WIDE).await?;
    assert!(new > old, "a position never returns");
    for stream in [Some(1), None] {
        assert_eq!(case.store.replay(&log, stream, old, 10).await?, Replay::Gone, "a place in the log before");
        assert_eq!(texts(&complete(case.store.replay(&log, stream, Position::START, 10).await?)), ["new"]);
    }
    Ok(())
}

pub(super) async fn a_log_expires<S: Store>(case: &Case<S>) -> Result {
    let (log, kept) = (case.name("log"), case.name("kept"));
    let short = Bound { ttl: SHORT, ..WIDE };
    let old = case.store.append(&log, 1, "old".into(), short).await?;
    case.store.append(&kept, 1, "one".into(), Bound { ttl: WHILE, ..WIDE }).await?;
    case.store.append(&kept, 1, "two".into(), WIDE).await?;
    case.outlive(WHILE).await?;
    let gone = async || Ok(case.store.replay(&log, Some(1), old, 10).await? == Replay::Gone);
    case.until("a log of 150 ms expires", gone).await?;
    assert_eq!(complete(case.store.replay(&log, Some(1), Position::START, 10).await?), []);
    let both = complete(case.store.replay(&kept, Some(1), Position::START, 10).await?);
    assert_eq!(texts(&both), ["one", "two"], "the last event's time to live counts, for all");
    let new = case.store.append(&log, 1, "new".into(), WIDE).await?;
    assert!(new > old, "a position never returns");
    assert_eq!(case.store.replay(&log, Some(1), old, 10).await?, Replay::Gone);
    assert_eq!(texts(&complete(case.store.replay(&log, None, Position::START, 10).await?)), ["new"]);
    let at_once = Bound { ttl: Duration::ZERO, ..WIDE };
    let lost = case.store.append(&case.name("at-once"), 1, "x".into(), at_once).await?;
    assert_eq!(case.store.replay(&case.name("at-once"), Some(1), lost, 10).await?, Replay::Gone);
    Ok(())
}

/// A store may forget which stream lost what, but then it must say `Gone`.
pub(super) async fn a_crowd_of_streams_is_never_falsely_complete<S: Store>(case: &Case<S>) -> Result {
    let log = case.name("log");
    let bound = Bound { entries: 50, bytes: 1_000_000, ttl: LONG };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for stream in 0..400 {
        first.push(case.store.append(&log, stream, "first".into(), bound).await?);
        second.push(case.store.append(&log, stream, "second".into(), bound).await?);
    }
    for stream in 0..400 {
        let (one, two) = (first[stream], second[stream]);
        let replay = case.twin.replay(&log, Some(stream as u64), one, 10).await?;
        let kept = stream >= 375;
        match replay {
            Replay::Gone => assert!(!kept, "the last 50 events are there"),
            Replay::Events(events) => assert_eq!(texts(&events), ["second"], "stream {stream} claims to be complete"),
        }
        if kept {
            assert_eq!(complete(case.twin.replay(&log, Some(stream as u64), two, 10).await?), []);
        }
    }
    Ok(())
}
