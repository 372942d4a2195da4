//! What a subscriber of the bus holds: a bounded queue that tells when it was too slow.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;

/// How many messages wait for one subscriber.
const MESSAGES: usize = 1024;
/// How many bytes all messages that wait for one subscriber have together; a single message always fits.
const BYTES: usize = 4 * 1024 * 1024;

/// Something published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic it was published under.
    pub topic: Arc<str>,
    /// What was published.
    pub bytes: Bytes,
}

/// What a subscriber gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A message.
    Message(Message),
    /// Here at least one message is missing: the subscriber was too slow, or the backend lost its connection for too long.
    Lagged,
}

/// A subscription to topics of the bus; dropping it ends it.
pub struct Subscription(Arc<Queue>);

/// The writing end of a [`Subscription`], for the backend that feeds it.
pub struct Feed(Arc<Queue>);

#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    deliveries: VecDeque<Delivery>,
    messages: usize,
    bytes: usize,
    over: bool,
    left: bool,
    waker: Option<Waker>,
}

impl Subscription {
    /// A subscription and the end that feeds it. 1024 messages and 4 MiB wait for the subscriber at most.
    pub fn new() -> (Feed, Self) {
        let queue = Arc::new(Queue::default());
        (Feed(Arc::clone(&queue)), Self(queue))
    }

    /// The next message; nothing once the store is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|cx| {
            let mut waiting = self.0.lock();
            if let Some(delivery) = waiting.take() {
                return Poll::Ready(Some(delivery));
            }
            if waiting.over {
                return Poll::Ready(None);
            }
            waiting.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Feed {
    /// Hands over a message, or notes that it was missed if too many wait. Says whether anybody still listens.
    pub fn send(&self, message: Message) -> bool {
        self.put(|waiting| waiting.add(message))
    }

    /// Tells the subscriber that messages are missing. Says whether anybody still listens.
    pub fn lagged(&self) -> bool {
        self.put(Waiting::missed)
    }

    /// Whether the subscription was dropped.
    pub fn is_closed(&self) -> bool {
        self.0.lock().left
    }

    fn put(&self, change: impl FnOnce(&mut Waiting)) -> bool {
        let mut waiting = self.0.lock();
        if waiting.left {
            return false;
        }
        change(&mut waiting);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change of the queue is made by calls that do not panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, message: Message) {
        let fits = self.messages < MESSAGES && (self.messages == 0 || self.bytes + message.bytes.len() <= BYTES);
        if !fits {
            return self.missed();
        }
        self.messages += 1;
        self.bytes += message.bytes.len();
        self.deliveries.push_back(Delivery::Message(message));
    }

    fn missed(&mut self) {
        if self.deliveries.back() != Some(&Delivery::Lagged) {
            self.deliveries.push_back(Delivery::Lagged);
        }
    }

    fn take(&mut self) -> Option<Delivery> {
        let delivery = self.deliveries.pop_front()?;
        if let Delivery::Message(message) = &delivery {
            self.messages -= 1;
            self.bytes -= message.bytes.len();
        }
        Some(delivery)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.left = true;
        waiting.deliveries.clear();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.put(|waiting| waiting.over = true);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("waiting", &self.0.lock().messages).finish_non_exhaustive()
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
