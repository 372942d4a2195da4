//! Cases of `Bus`.

use std::time::Duration;

use bytes::Bytes;

use super::case::Case;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Delivery, Store, Subscription};

const PATIENCE: Duration = Duration::from_secs(20);

/// What comes next, which must come.
async fn next(subscription: &mut Subscription) -> Result<Delivery> {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await;
    let next = next.map_err(|_| Error::new(ErrorKind::TimedOut, "nothing was delivered in 20 s"))?;
    next.ok_or_else(|| Error::new(ErrorKind::Other, "the subscription ended"))
}

/// The topic and text of the next message.
async fn heard(subscription: &mut Subscription) -> Result<(String, String)> {
    match next(subscription).await? {
        Delivery::Message(message) => {
            Ok((message.topic.to_string(), String::from_utf8_lossy(&message.bytes).into_owned()))
        }
        Delivery::Lagged => Err(Error::new(ErrorKind::Other, "messages are missing")),
    }
}

pub(super) async fn a_message_reaches_all_who_listen<S: Store>(case: &Case<S>) -> Result {
    let (a, b, other) = (case.name("a"), case.name("b"), case.name("other"));
    case.store.publish(&a, "nobody listens".into()).await?;
    let mut own = case.store.subscribe(&[&a, &b, &a]).await?;
    let mut twins = case.twin.subscribe(&[&a]).await?;
    case.store.publish(&other, "x".into()).await?;
    case.store.publish(&a, "one".into()).await?;
    case.store.publish(&b, "two".into()).await?;
    case.twin.publish(&a, "three".into()).await?;
    assert_eq!(heard(&mut twins).await?, (a.clone(), "one".into()));
    assert_eq!(heard(&mut twins).await?, (a.clone(), "three".into()));
    let mut all = vec![heard(&mut own).await?, heard(&mut own).await?, heard(&mut own).await?];
    all.sort();
    assert_eq!(all, [(a.clone(), "one".into()), (a, "three".into()), (b, "two".into())], "each once");
    Ok(())
}

pub(super) async fn nothing_is_missed_after_subscribing<S: Store>(case: &Case<S>) -> Result {
    for round in 0..20 {
        let topic = case.name(&format!("t{round}"));
        let mut subscription = case.store.subscribe(&[&topic]).await?;
        for at in 0..25 {
            case.twin.publish(&topic, Bytes::from(at.to_string())).await?;
        }
        for at in 0..25 {
            assert_eq!(heard(&mut subscription).await?.1, at.to_string(), "in order, from the first on");
        }
    }
    Ok(())
}

pub(super) async fn a_slow_subscriber_is_told<S: Store>(case: &Case<S>) -> Result {
    let topic = case.name("t");
    let mut slow = case.store.subscribe(&[&topic]).await?;
    for at in 0..3000 {
        case.twin.publish(&topic, Bytes::from(format!("{at}"))).await?;
    }
    let (mut last, mut lagged) = (None, 0);
    loop {
        match next(&mut slow).await? {
            Delivery::Lagged => lagged += 1,
            Delivery::Message(message) => {
                let at = String::from_utf8_lossy(&message.bytes).parse::<usize>()?;
                let missing = at - last.map_or(0, |last: usize| last + 1);
                assert!(missing == 0 || lagged > 0, "{missing} messages are missing before {at}, and nobody said so");
                last = Some(at);
            }
        }
        if lagged > 0 {
            break;
        }
    }
    assert!(last.is_some_and(|last| last < 2999), "3000 messages were kept for a subscriber that does not listen");
    case.store.publish(&topic, "again".into()).await?;
    loop {
        match next(&mut slow).await? {
            Delivery::Message(message) if message.bytes == "again" => return Ok(()),
            Delivery::Message(_) | Delivery::Lagged => {}
        }
    }
}

pub(super) async fn a_dropped_subscription_hears_nothing<S: Store>(case: &Case<S>) -> Result {
    let topic = case.name("t");
    for _ in 0..50 {
        drop(case.store.subscribe(&[&topic]).await?);
    }
    let mut stays = case.store.subscribe(&[&topic]).await?;
    case.twin.publish(&topic, "one".into()).await?;
    assert_eq!(heard(&mut stays).await?.1, "one");
    Ok(())
}
