//! The table of one full-duplex connection: what runs on it, in which era; knows no pipe.
//!
//! On such a line (stdio) sessions and single exchanges are interleaved, so their request ids share one space: an id
//! that is taken is refused whoever has it, and a cancellation finds its owner here.

use std::collections::HashMap;

use crate::fault::Fault;
use crate::jsonrpc::Id;

/// Who runs a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The session of this line; there is at most one.
    Session,
    /// An exchange of its own, which carries its peer.
    Exchange,
    /// An exchange that stays open and sends notices until it is cancelled.
    Listen,
}

/// The table.
#[derive(Debug)]
pub struct Table {
    owners: HashMap<Id, Owner>,
    most: usize,
    gone: bool,
}

impl Table {
    /// An empty table for at most `most` requests at once.
    pub fn new(most: usize) -> Self {
        Self { owners: HashMap::new(), most, gone: false }
    }

    /// Takes a request in.
    ///
    /// # Errors
    ///
    /// The id is taken, the line is full, or its peer is gone.
    pub fn begin(&mut self, id: Id, owner: Owner) -> Result<(), Fault> {
        if self.gone {
            return Err(Fault::Cancelled);
        }
        if self.owners.contains_key(&id) {
            return Err(Fault::InvalidRequest(format!("a request with the id `{id}` is still running")));
        }
        if self.owners.len() >= self.most {
            return Err(Fault::Overloaded(format!("this connection already has {} requests running", self.most)));
        }
        self.owners.insert(id, owner);
        Ok(())
    }

    /// Who runs this request, if it runs.
    pub fn owner(&self, id: &Id) -> Option<Owner> {
        self.owners.get(id).copied()
    }

    /// The request was answered, or will never be. False if it did not run.
    pub fn end(&mut self, id: &Id) -> bool {
        self.owners.remove(id).is_some()
    }

    /// How many requests run.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The peer is gone: nothing begins any more, and these were still running, in the order of their ids.
    pub fn gone(&mut self) -> Vec<(Id, Owner)> {
        self.gone = true;
        let mut left: Vec<_> = self.owners.drain().collect();
        left.sort_by(|(a, _), (b, _)| a.cmp(b));
        left
    }
}
