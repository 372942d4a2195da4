//! What the clients saw: counts, failures, and what must never be.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::weather::Weather;

/// How many of the things that must not be are shown.
const SHOWN: usize = 30;

/// A request that did not get what it asked for.
#[derive(Debug)]
struct Failure {
    what: String,
    /// What helps to find the reason, and is of no interest otherwise.
    more: String,
    from: Instant,
    to: Instant,
    door: Option<SocketAddr>,
}

/// What all clients write into.
#[derive(Debug, Default)]
pub(crate) struct Book {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    failures: Mutex<Vec<Failure>>,
    breaches: Mutex<Vec<(Instant, String)>>,
}

impl Book {
    pub(crate) fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// A failure that is right if something was away between the beginning and now: at the door it was sent to, or anywhere.
    pub(crate) fn failed(&self, what: String, from: Instant, door: Option<SocketAddr>) {
        self.note(Failure { what, more: String::new(), from, to: Instant::now(), door });
    }

    /// What is gone, and is right to be if something was away between these moments.
    pub(crate) fn lost(&self, what: &str, more: String, from: Instant, to: Instant) {
        self.note(Failure { what: what.to_owned(), more, from, to, door: None });
    }

    fn note(&self, failure: Failure) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    /// What is wrong whatever was away.
    pub(crate) fn breach(&self, what: String) {
        self.breaches.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), what));
    }

    /// Prints what there is; an error if something is wrong.
    pub(crate) fn verdict(&self, weather: &Weather) -> Result<(), String> {
        println!("{weather}");
        for (what, count) in &*self.counts.lock().unwrap_or_else(PoisonError::into_inner) {
            println!("{count:>8}  {what}");
        }
        let mut breaches: Vec<(Instant, String)> = Vec::new();
        breaches.extend(self.breaches.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
        let mut excused: BTreeMap<String, u64> = BTreeMap::new();
        for failure in self.failures.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if weather.excuses(failure.from, failure.to, failure.door) {
                *excused.entry(failure.what).or_default() += 1;
            } else {
                let seconds = weather.since(failure.from);
                let told = format!(
                    "nothing was away: {} {} (sent at {seconds:.2} s to {:?})",
                    failure.what, failure.more, failure.door
                );
                breaches.push((failure.to, told));
            }
        }
        for (what, count) in &excused {
            println!("{count:>8}  failed while something was away: {what}");
        }
        breaches.sort();
        for (at, what) in breaches.iter().take(SHOWN) {
            println!("WRONG at {:.2} s: {what}", weather.since(*at));
        }
        match breaches.len() {
            0 => Ok(()),
            count => Err(format!("{count} things are wrong, the first {SHOWN} are above")),
        }
    }
}
