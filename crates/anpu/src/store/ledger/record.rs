//! A record as one row: a header of fixed form, the owner, the bytes.

use bytes::Bytes;

use super::Millis;
use crate::error::{Error, ErrorKind, Result};
use crate::store::record::{Revision, Stored};

/// flags, revision, touched, expires, order, length of the owner
const HEADER: usize = 1 + 4 * 8 + 2;
const TOMBSTONE: u8 = 1;

/// A record, or a tombstone.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) tombstone: bool,
    pub(super) revision: u64,
    /// When it was last written or touched.
    pub(super) touched: Millis,
    pub(super) expires: Millis,
    /// Its place in lists.
    pub(super) order: u64,
    /// Whose it is; empty if nobody's.
    pub(super) owner: Bytes,
    pub(super) bytes: Bytes,
}

impl Record {
    pub(super) fn read(row: &Bytes) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::Store, "a record in the store is damaged");
        let (header, rest) = row.split_at_checked(HEADER).ok_or_else(damaged)?;
        let number = |at: usize| super::keys::number(&header[at..at + 8]).expect("eight bytes were cut out");
        let owner = usize::from(u16::from_be_bytes([header[HEADER - 2], header[HEADER - 1]]));
        if owner > rest.len() {
            return Err(damaged());
        }
        Ok(Self {
            tombstone: header[0] & TOMBSTONE != 0,
            revision: number(1),
            touched: number(9),
            expires: number(17),
            order: number(25),
            owner: row.slice(HEADER..HEADER + owner),
            bytes: row.slice(HEADER + owner..),
        })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(HEADER + self.owner.len() + self.bytes.len());
        row.push(if self.tombstone { TOMBSTONE } else { 0 });
        for number in [self.revision, self.touched, self.expires, self.order] {
            row.extend_from_slice(&number.to_be_bytes());
        }
        // An owner is a key, so it has at most 512 bytes.
        row.extend_from_slice(&u16::try_from(self.owner.len()).unwrap_or(u16::MAX).to_be_bytes());
        row.extend_from_slice(&self.owner);
        row.extend_from_slice(&self.bytes);
        row
    }

    pub(super) fn revision(&self) -> Revision {
        Revision(self.revision)
    }

    pub(super) fn stored(&self) -> Stored {
        Stored { revision: self.revision(), bytes: self.bytes.clone() }
    }
}
