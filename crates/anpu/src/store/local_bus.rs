//! A bus within one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::subscription::{Feed, Message, Subscription};

/// Who listens to what.
#[derive(Debug, Default)]
pub(super) struct LocalBus(Mutex<Topics>);

#[derive(Debug, Default)]
struct Topics {
    feeds: HashMap<Arc<str>, Vec<Arc<Feed>>>,
    /// How many feeds there may be before those that nobody listens to any more are looked for.
    crowded: usize,
}

impl LocalBus {
    pub(super) fn publish(&self, topic: &str, message: &Bytes) {
        let mut topics = self.lock();
        let Some((topic, _)) = topics.feeds.get_key_value(topic) else { return };
        let topic = Arc::clone(topic);
        let Some(feeds) = topics.feeds.get_mut(&topic) else { return };
        feeds.retain(|feed| feed.send(Message { topic: Arc::clone(&topic), bytes: message.clone() }));
        if feeds.is_empty() {
            topics.feeds.remove(&topic);
        }
    }

    pub(super) fn subscribe(&self, names: &[&str]) -> Subscription {
        let (feed, subscription) = Subscription::new();
        let feed = Arc::new(feed);
        let mut topics = self.lock();
        for (at, name) in names.iter().enumerate() {
            if !names[..at].contains(name) {
                topics.feeds.entry(Arc::from(*name)).or_default().push(Arc::clone(&feed));
            }
        }
        topics.tidy();
        subscription
    }

    fn lock(&self) -> MutexGuard<'_, Topics> {
        // Feeds are added and taken away whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics {
    /// Takes away the feeds of dropped subscriptions, seldom enough to cost little.
    fn tidy(&mut self) {
        if self.feeds.len() <= self.crowded {
            return;
        }
        self.feeds.retain(|_, feeds| {
            feeds.retain(|feed| !feed.is_closed());
            !feeds.is_empty()
        });
        self.crowded = self.feeds.len() * 2 + 16;
    }
}
