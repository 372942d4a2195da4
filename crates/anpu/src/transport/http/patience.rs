//! The clock of one connection: how long the next request may take to arrive.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;
use tokio::time::Sleep;

/// A timer for hyper that arms one alarm for a connection and leaves it as it is from one request to the next: most are there
/// long before it rings. When it rings too early, it is set anew.
///
/// It serves one deadline at a time, which is all that hyper wants of it.
#[derive(Clone, Default)]
pub(super) struct Patience {
    alarm: Arc<Mutex<Option<Pin<Box<Sleep>>>>>,
}

impl rt::Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Until { deadline, patience: self.clone() })
    }

    fn now(&self) -> Instant {
        // Virtual in tests that pause the clock.
        tokio::time::Instant::now().into_std()
    }
}

/// Ready at its deadline.
struct Until {
    deadline: Instant,
    patience: Patience,
}

impl rt::Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(self.deadline);
        // Every change is complete before the lock is let go.
        let mut alarm = self.patience.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *alarm {
            // It will ring before, and wake the task of this connection, which is the only one that asks.
            Some(alarm) if !alarm.is_elapsed() && alarm.deadline() < deadline => return Poll::Pending,
            Some(alarm) if alarm.deadline() == deadline => {}
            Some(alarm) => alarm.as_mut().reset(deadline),
            None => *alarm = Some(Box::pin(tokio::time::sleep_until(deadline))),
        }
        alarm.as_mut().map_or(Poll::Pending, |alarm| alarm.as_mut().poll(cx))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use hyper::rt::Timer as _;

    use super::*;

    async fn is_pending(sleep: &mut Pin<Box<dyn rt::Sleep>>) -> bool {
        poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_gets_all_of_its_time_and_no_more() {
        let (patience, begun) = (Patience::default(), tokio::time::Instant::now());
        let mut first = patience.sleep(Duration::from_secs(30));
        assert!(is_pending(&mut first).await);
        tokio::time::advance(Duration::from_secs(20)).await;
        drop(first);
        // The alarm of the first rings after 10 seconds, which is too early.
        let mut second = patience.sleep(Duration::from_secs(30));
        assert!(is_pending(&mut second).await);
        second.await;
        assert_eq!(begun.elapsed(), Duration::from_secs(50));
        patience.sleep(Duration::from_secs(5)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(55));
    }

    #[tokio::test(start_paused = true)]
    async fn a_nearer_deadline_does_not_wait_for_the_alarm() {
        let (patience, begun) = (Patience::default(), tokio::time::Instant::now());
        assert!(is_pending(&mut patience.sleep(Duration::from_secs(30))).await);
        patience.sleep(Duration::from_secs(5)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }
}
