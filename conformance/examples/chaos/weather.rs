//! What is done to the processes of a service, and when.

use std::fmt;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anpu_conformance::service::Service;

use crate::chance::Chance;

/// How long nodes may take to find a store again that is back: they ask with growing pauses.
const FINDS: Duration = Duration::from_secs(3);
/// How long the store cannot be reached once.
const HANGS: Duration = Duration::from_secs(5);

/// What was away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Away {
    Node(SocketAddr),
    Store,
}

/// All that was away, and when.
#[derive(Debug)]
pub(crate) struct Weather {
    start: Instant,
    storms: Mutex<Vec<(Away, Instant, Instant)>>,
}

impl Weather {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), storms: Mutex::default() }
    }

    fn was(&self, away: Away, from: Instant, to: Instant) {
        self.storms.lock().unwrap_or_else(PoisonError::into_inner).push((away, from, to));
    }

    /// Whether a request between these two moments may have failed: the store was away, or the node it was sent to; any
    /// node, where it was not sent to one of them but to the proxy.
    pub(crate) fn excuses(&self, from: Instant, to: Instant, door: Option<SocketAddr>) -> bool {
        let storms = self.storms.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = |away: Away| match (away, door) {
            (Away::Node(node), Some(door)) => node == door,
            _ => true,
        };
        storms.iter().any(|&(away, begun, over)| is_theirs(away) && begun <= to && from <= over)
    }

    /// Seconds since the beginning.
    pub(crate) fn since(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.start).as_secs_f64()
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storms = self.storms.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = storms.iter().filter(|(away, ..)| *away != Away::Store).count();
        write!(f, "{nodes} nodes were killed; the store was away at")?;
        for (_, from, to) in storms.iter().filter(|(away, ..)| *away == Away::Store) {
            write!(f, " {:.1}..{:.1} s", self.since(*from), self.since(*to))?;
        }
        Ok(())
    }
}

/// Kills a node every few seconds, the store twice, and stops the store once; in the end all of them run.
pub(crate) fn rage(
    mut service: Service,
    mut chance: Chance,
    weather: &Weather,
    time: Duration,
) -> Result<Service, String> {
    let start = Instant::now();
    let mut gusts = vec![(time * 3 / 4, false), (time / 2, true), (time / 4, false)];
    loop {
        sleep(Duration::from_millis(chance.between(2000, 5000)));
        if start.elapsed() + Duration::from_secs(3) > time && gusts.is_empty() {
            return Ok(service);
        }
        if gusts.last().is_some_and(|(at, _)| *at <= start.elapsed()) {
            let from = Instant::now();
            match gusts.pop() {
                Some((_, true)) => hang(&mut service, &mut chance, weather)?,
                _ => service.restart_redis()?,
            }
            weather.was(Away::Store, from, Instant::now() + FINDS);
        }
        let mut down = Down::kill(&mut service, &mut chance);
        sleep(Duration::from_millis(chance.between(0, 800)));
        down.back(&mut service, weather)?;
    }
}

/// The store answers nothing for a while; meanwhile a node is killed, too.
fn hang(service: &mut Service, chance: &mut Chance, weather: &Weather) -> Result<(), String> {
    let from = Instant::now();
    signal(service.redis_pid(), "STOP")?;
    sleep(Duration::from_millis(chance.between(500, 3000)));
    let mut down = Down::kill(service, chance);
    sleep(HANGS.saturating_sub(from.elapsed()));
    signal(service.redis_pid(), "CONT")?;
    down.back(service, weather)
}

fn signal(pid: u32, signal: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    match sent {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("the store was not sent {signal}: {other:?}")),
    }
}

/// A node that was killed.
struct Down {
    number: usize,
    from: Instant,
}

impl Down {
    fn kill(service: &mut Service, chance: &mut Chance) -> Self {
        let number = usize::try_from(chance.between(0, service.nodes().len() as u64)).unwrap_or(0);
        let from = Instant::now();
        service.node(number).kill();
        Self { number, from }
    }

    fn back(&mut self, service: &mut Service, weather: &Weather) -> Result<(), String> {
        service.node(self.number).start()?;
        weather.was(Away::Node(service.nodes()[self.number].address()), self.from, Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_away_excuses() {
        let weather = Weather::new();
        let at = |seconds| weather.start + Duration::from_secs(seconds);
        let (one, two) = (SocketAddr::from(([127, 0, 0, 1], 1)), SocketAddr::from(([127, 0, 0, 1], 2)));
        weather.was(Away::Node(one), at(10), at(12));
        weather.was(Away::Store, at(20), at(25));
        assert!(weather.excuses(at(9), at(10), Some(one)) && weather.excuses(at(11), at(30), None));
        assert!(!weather.excuses(at(9), at(13), Some(two)), "another node was away");
        assert!(!weather.excuses(at(8), at(9), Some(one)) && !weather.excuses(at(13), at(19), None));
        assert!(weather.excuses(at(21), at(22), Some(two)), "the store is everybody's");
    }
}
