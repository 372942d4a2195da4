//! The durable part of a session: what its id does not carry, kept in the store.

use std::sync::Arc;
use std::time::Duration;

use anpu_proto::session::{Change, Snapshot};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::core::Core;
use super::durable;
use super::nodes::Told;
use super::session::Session;
use super::session_id::SessionId;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Expected, Loaded, Revision, Saved, Stored};

/// A record as it is written. Formats that were once written stay readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    /// Seconds since 1970.
    pub(crate) created: u32,
    /// Whose it is, as a digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    pub(crate) session: Snapshot,
}

/// A record, and the state it is in.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) record: Record,
    pub(crate) revision: Revision,
}

/// What the store knows of a session.
#[derive(Debug)]
pub(crate) enum Known {
    /// Nothing.
    Nothing,
    /// The state that was known already.
    Same,
    /// Another state.
    Found(Box<Found>),
    /// It was ended.
    Ended,
}

/// How often a save is tried while others save too.
const TRIES: usize = 16;

impl Record {
    pub(crate) const FORMAT: u32 = 1;

    fn read(stored: &Stored) -> Result<Found> {
        let broken = |why: String| Error::new(ErrorKind::Store, format!("a session's record cannot be read: {why}"));
        let record: Self = serde_json::from_slice(&stored.bytes).map_err(|error| broken(error.to_string()))?;
        if record.format > Self::FORMAT {
            let text = format!("it has format {}, this build reads up to {}", record.format, Self::FORMAT);
            return Err(broken(text));
        }
        Ok(Found { record, revision: stored.revision })
    }

    fn write(&self) -> Result<Bytes> {
        Ok(serde_json::to_vec(self)?.into())
    }
}

/// What the store knows of this session.
pub(crate) async fn load(core: &Core, id: SessionId, known: Option<Revision>) -> Result<Known> {
    let key = id.to_string();
    Ok(match core.keeping.ask(|store| store.load_session(&key, known)).await? {
        Loaded::Absent => Known::Nothing,
        Loaded::Unchanged => Known::Same,
        Loaded::Record(stored) => Known::Found(Box::new(Record::read(&stored)?)),
        Loaded::Ended => Known::Ended,
    })
}

/// Ends the record of a session for good. Without a tombstone nothing is left of it.
pub(crate) async fn end(core: &Core, id: SessionId, tombstone: Duration) -> Result<bool> {
    let key = id.to_string();
    let ended = core.keeping.ask(|store| store.end_session(&key, tombstone)).await?;
    durable::end(core, id).await;
    Ok(ended)
}

/// Gives the record of a session that is used new life, once in a while.
pub(crate) fn prolong(session: &Arc<Session>) {
    let core = &session.core;
    if session.revision().is_none() || !core.touched.is_due(&session.name(), core.now(), core.times.retention) {
        return;
    }
    let session = Arc::clone(session);
    tokio::spawn(async move {
        let (key, ttl) = (session.id.to_string(), session.core.times.retention);
        if let Err(error) = session.core.keeping.ask(|store| store.touch_session(&key, ttl)).await {
            tracing::debug!(%error, "the record of a session could not be given new life");
        }
    });
}

/// Makes room for one more record: those that were idle longest go.
async fn make_room(core: &Core, owner: Option<&str>) -> Result {
    let each = owner.map(|owner| (Some(owner), core.limits.records_each));
    for (whose, most) in each.into_iter().chain([(None, core.limits.records)]) {
        if core.keeping.ask(|store| store.count_sessions(whose)).await? < most {
            continue;
        }
        let oldest = core.keeping.ask(|store| store.list_sessions(whose, None, 1)).await?;
        for record in oldest.records {
            tracing::info!("the record of the session that was idle longest makes room for another");
            core.keeping.ask(|store| store.end_session(&record.id, Duration::ZERO)).await?;
        }
    }
    Ok(())
}

impl Session {
    /// Saves the session as it is after this change, which comes into force when this returned. Others that save the same
    /// session meanwhile lose nothing.
    ///
    /// # Errors
    ///
    /// Of kind [`Store`](ErrorKind::Store) if the store failed, and [`NotFound`](ErrorKind::NotFound) if the session was
    /// ended elsewhere.
    pub(crate) async fn remember(&self, change: &Change) -> Result {
        let ended = || Error::new(ErrorKind::NotFound, "the session was ended elsewhere");
        let (mut base, mut known) = self.to_save();
        for _ in 0..TRIES {
            let mut session = base.clone();
            session.apply(change);
            match self.save(session.clone(), known).await? {
                Saved::Done(revision) => {
                    self.saved(&session, revision);
                    // What is told after the client knows of the change must meet it everywhere.
                    self.core.nodes.tell_first(Told::Record { session: self.id.0 }).await;
                    return if self.core.returns.is_buried(self.id) {
                        self.unsave().await.and(Err(ended()))
                    } else {
                        Ok(())
                    };
                }
                Saved::Ended => return Err(ended()),
                Saved::Conflict => match load(&self.core, self.id, None).await? {
                    Known::Found(found) => (base, known) = (found.record.session, Some(found.revision)),
                    Known::Ended => return Err(ended()),
                    Known::Nothing | Known::Same => known = None,
                },
            }
        }
        Err(Error::new(ErrorKind::Store, "the session is changed too often elsewhere to be saved"))
    }

    /// Makes sure that there is a record, because something refers to it that outlives this process.
    ///
    /// # Errors
    ///
    /// As those of [`remember`](Self::remember).
    pub(crate) async fn ensure_record(&self) -> Result {
        if self.revision().is_some() {
            return Ok(());
        }
        self.remember(&Change::Opened).await
    }

    /// The session was ended while it was saved.
    async fn unsave(&self) -> Result {
        end(&self.core, self.id, self.core.times.seal).await.map(|_| ())
    }

    async fn save(&self, session: Snapshot, known: Option<Revision>) -> Result<Saved> {
        let owner = self.principal.as_ref().map(|_| hex(&self.owner));
        let record = Record { format: Record::FORMAT, created: self.created, owner, session };
        let (key, bytes) = (self.id.to_string(), record.write()?);
        let expected = known.map_or(Expected::Absent, Expected::Revision);
        let (owner, ttl) = (record.owner.as_deref(), self.core.times.retention);
        if expected == Expected::Absent {
            make_room(&self.core, owner).await?;
        }
        self.core.keeping.ask(|store| store.save_session(&key, expected, owner, bytes, ttl)).await
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use anpu_proto::model::LoggingLevel;

    use super::*;

    fn stored(text: &str) -> Stored {
        Stored { revision: Revision(7), bytes: Bytes::copy_from_slice(text.as_bytes()) }
    }

    /// As the first format was written; it stays readable.
    const FIRST: &str = concat!(
        r#"{"format":1,"created":1800000000,"owner":"00ff","session":{"format":1,"version":"2025-11-25","phase":"Ready","#,
        r#""peer":{"info":{"name":"raw","version":"0"},"capabilities":{"elicitation":{}}},"level":"error","watches":["a:b"]}}"#
    );

    #[test]
    fn the_first_format_stays_readable_and_is_written_so() {
        let Found { record, revision } = Record::read(&stored(FIRST)).unwrap();
        assert_eq!((record.created, revision), (1_800_000_000, Revision(7)));
        assert_eq!(record.session.level, Some(LoggingLevel::Error));
        assert!(record.session.watches.contains("a:b") && record.session.peer.capabilities.elicits_form());
        assert_eq!(record.write().unwrap(), FIRST);
    }

    #[test]
    fn a_newer_or_broken_record_is_the_stores_trouble_and_never_no_record() {
        for text in [&*FIRST.replacen("\"format\":1", "\"format\":2", 1), "{}", "", "[1]"] {
            let error = Record::read(&stored(text)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Store, "{text}");
        }
    }
}
