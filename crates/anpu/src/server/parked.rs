//! A session that nobody uses at the moment takes little room: what is needed to go on, and nothing else.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};

use anpu_proto::model::LoggingLevel;
use anpu_proto::session::{self, Phase, Snapshot};

use super::live::Live;
use super::session::{Session, Wire};

/// What of a session is under its lock.
pub(crate) enum State {
    /// It is used, or was a moment ago.
    Live(Box<Live>),
    /// Nobody uses it.
    Parked(Parked),
}

/// What of a session is not known otherwise.
pub(crate) struct Parked {
    pub(super) phase: Phase,
    level: Option<LoggingLevel>,
    watches: BTreeSet<String>,
}

impl Parked {
    pub(super) fn watches(&self, uri: &str) -> bool {
        self.watches.contains(uri)
    }
}

/// The state of a session that is in use, under its lock.
pub(crate) struct Locked<'a>(MutexGuard<'a, State>);

impl<'a> Locked<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        let mut state = session.peek();
        if let State::Parked(parked) = &*state {
            *state = State::Live(Box::new(session.unparked(parked)));
        }
        Self(state)
    }
}

impl Deref for Locked<'_> {
    type Target = Live;

    fn deref(&self) -> &Live {
        match &*self.0 {
            State::Live(live) => live,
            State::Parked(_) => unreachable!("whoever locks a session takes it into use"),
        }
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Live {
        match &mut *self.0 {
            State::Live(live) => live,
            State::Parked(_) => unreachable!("whoever locks a session takes it into use"),
        }
    }
}

impl Session {
    /// Whether it takes more room than it needs while nobody uses it.
    pub(crate) fn is_spread_out(&self) -> bool {
        matches!(&*self.peek(), State::Live(_))
    }

    /// Lets go of all that is not needed until the session is used again, if nothing is under way in it.
    pub(crate) fn park(&self) {
        let mut state = self.peek();
        let State::Live(live) = &*state else { return };
        let open = matches!(live.engine.phase(), Phase::Open | Phase::Ready);
        if !open || self.wire != Wire::Streams || self.peer.get().is_none() || !live.is_bare() {
            return;
        }
        let Snapshot { phase, level, watches, .. } = live.engine.snapshot();
        *state = State::Parked(Parked { phase, level, watches });
    }

    fn unparked(&self, parked: &Parked) -> Live {
        let peer = self.peer.get().map_or_else(session::Peer::unknown, Arc::clone);
        let mut snapshot = Snapshot::opened(self.dialect().version, parked.phase, session::Peer::clone(&peer));
        snapshot.peer = peer;
        snapshot.level = parked.level;
        snapshot.watches = parked.watches.clone();
        let limits = self.core.limits.session;
        let engine = session::Server::restored(&snapshot, limits);
        Live::new(engine.expect("the snapshot is of this format and of a dialect that was spoken before"))
    }
}
