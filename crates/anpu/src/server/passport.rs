//! What of a live session others can see: the name its client has for it, and the state that its record has.

use std::sync::atomic::Ordering;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use anpu_proto::model::InitializeRequestParams;
use anpu_proto::session::{self, Peer, Snapshot};

use super::record::Found;
use super::recovery::Proof;
use super::session::Session;
use super::session_id::Introduced;
use crate::store::Revision;

impl Session {
    /// The client says who it is: from here on the session has a name.
    pub(crate) fn introduce(&self, dialect: &'static Dialect, params: &InitializeRequestParams) -> Result<(), Fault> {
        if self.name.get().is_some() {
            return Ok(());
        }
        let peer = Peer::new(params.client_info.clone(), params.capabilities.clone());
        let introduced = Introduced { id: self.id, created: self.created, dialect, owner: self.owner, peer };
        let (name, _) = introduced.seal(&self.core).map_err(|error| Fault::Internal(error.to_string()))?;
        // Only the first time: a session has one name.
        let _ = self.name.set(name);
        Ok(())
    }

    /// Goes on from there.
    pub(crate) fn restore(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let engine = session::Server::restored(snapshot, self.core.limits.session)?;
        let place = dialect::ALL.iter().position(|known| *known == engine.dialect());
        self.dialect.store(place.unwrap_or(usize::MAX), Ordering::Release);
        let mut live = self.lock();
        live.engine = engine;
        Ok(())
    }

    /// What another process made of it counts here, too, unless this one made something of it since it was asked for.
    pub(crate) fn catch_up(&self, asked_with: Option<Revision>, found: &Found) {
        let mut live = self.lock();
        if self.revision() == asked_with {
            live.engine.adopt(&found.record.session);
            self.set_revision(Some(found.revision));
        }
    }

    /// The session as it is saved now: what it is and the state of its record go together.
    pub(super) fn saved(&self, snapshot: &Snapshot, revision: Revision) {
        let mut live = self.lock();
        live.engine.adopt(snapshot);
        self.set_revision(Some(revision));
    }

    /// What of it survives this process, and the state of its record that it comes from.
    pub(super) fn to_save(&self) -> (Snapshot, Option<Revision>) {
        let live = self.lock();
        (live.engine.snapshot(), self.revision())
    }

    /// The state of its record, as far as it was seen here.
    pub(crate) fn revision(&self) -> Option<Revision> {
        Some(self.revision.load(Ordering::Acquire)).filter(|revision| *revision != 0).map(Revision)
    }

    pub(crate) fn set_revision(&self, revision: Option<Revision>) {
        self.revision.store(revision.map_or(0, |revision| revision.0), Ordering::Release);
    }

    /// Whether it came back without its state.
    pub(crate) fn is_fresh(&self) -> bool {
        self.returned == Some(Proof::Seal) && self.revision().is_none()
    }
}
