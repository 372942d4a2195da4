//! One task that looks after time: questions that are late, sessions that idle, streams that are quiet.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anpu_proto::session::Moment;

use super::core::Core;
use super::hooks::Ended;
use super::outbox::Outbox;
use super::session::Session;

/// How coarse the wheel is.
const TICK: Duration = Duration::from_millis(250);
/// How often sessions are looked at.
const SWEEP: Duration = Duration::from_secs(30);
/// A session that was not used for so long gives up what it does not need.
const REST: Duration = Duration::from_secs(10);
/// How long streams are kept for a client of an unused session.
const KEEP: Duration = Duration::from_secs(300);

/// What the task looks after. It starts with the first session, so that a mounted service has it too.
#[derive(Default)]
pub(crate) struct Reaper {
    started: AtomicBool,
    late: Mutex<BTreeMap<Moment, Vec<Weak<Session>>>>,
    streams: Mutex<Vec<Weak<Outbox>>>,
}

impl Reaper {
    /// Ticks this session at that moment.
    pub(crate) fn schedule(&self, session: &Arc<Session>, at: Moment) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.entry(at).or_default().push(Arc::downgrade(session));
    }

    /// Gives this stream signs of life while it is quiet.
    pub(crate) fn keep_alive(&self, outbox: &Arc<Outbox>) {
        if !outbox.joins_pulse() {
            return;
        }
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(outbox));
    }

    /// Starts the task, once.
    pub(crate) fn start(&self, core: &Arc<Core>) {
        if !self.started.load(Ordering::Relaxed) && !self.started.swap(true, Ordering::Relaxed) {
            tokio::spawn(watch(Arc::downgrade(core)));
            core.nodes.start(core);
        }
    }

    fn due(&self, now: Moment) -> Vec<Arc<Session>> {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = late.split_off(&Moment(now.0 + 1));
        let due = std::mem::replace(&mut *late, rest);
        due.into_values().flatten().filter_map(|session| session.upgrade()).collect()
    }

    fn pulse(&self, now: Moment, quiet: Duration) {
        let before = now.0.saturating_sub(millis(quiet));
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).retain(|stream| {
            let stream = stream.upgrade().filter(|stream| !stream.is_spent());
            stream.inspect(|stream| stream.pulse(now.0, before)).is_some()
        });
    }
}

async fn watch(core: Weak<Core>) {
    let mut swept = Moment(0);
    loop {
        tokio::time::sleep(TICK).await;
        let Some(core) = core.upgrade() else { return };
        let now = core.now();
        core.reaper.due(now).iter().for_each(Session::tick);
        core.reaper.pulse(now, core.times.keep_alive);
        let every = core.times.idle.map_or(SWEEP, |idle| (idle / 16).min(SWEEP));
        if now.0 - swept.0 >= millis(every).max(1) {
            swept = now;
            sweep(&core, now);
        }
    }
}

/// Lets go of what nobody came back for.
fn sweep(core: &Core, now: Moment) {
    let since = |time: Duration| Moment(now.0.saturating_sub(millis(time)));
    core.directory.spread_out(since(KEEP)).iter().for_each(|session| session.forget_streams());
    core.directory.spread_out(since(REST)).iter().for_each(|session| session.park());
    if let Some(idle) = core.times.idle {
        for session in core.directory.unused(since(idle)) {
            session.close_unused(since(idle), Ended::Idle);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
