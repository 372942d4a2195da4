//! The ledger's rows in a table of the database.

use std::ops::ControlFlow;

use ::redb::{ReadableTable, Table, TableDefinition};
use bytes::Bytes;

use super::failed;
use crate::error::Result;
use crate::store::ledger::{Rows, RowsMut, Visit};

/// All rows of the ledger.
pub(super) const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");

const UNREAD: &str = "the store could not be read";
const UNWRITTEN: &str = "the store could not be written";

/// Rows to read.
pub(super) struct Read<'a, T>(pub(super) &'a T);

/// Rows to write, the last number that was given, and whether anything was written.
pub(super) struct Write<'a> {
    pub(super) table: Table<'a, &'static [u8], &'static [u8]>,
    pub(super) last_number: u64,
    pub(super) changed: bool,
}

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Rows for Read<'_, T> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        let row = self.0.get(key).map_err(|error| failed(UNREAD, error))?;
        Ok(row.map(|row| Bytes::copy_from_slice(row.value())))
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result {
        if from >= to {
            return Ok(());
        }
        for row in self.0.range(from..to).map_err(|error| failed(UNREAD, error))? {
            let (key, value) = row.map_err(|error| failed(UNREAD, error))?;
            if visit(key.value(), value.value())? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

impl Rows for Write<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        Read(&self.table).get(key)
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result {
        Read(&self.table).scan(from, to, visit)
    }
}

impl RowsMut for Write<'_> {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result {
        self.changed = true;
        self.table.insert(key, value).map_err(|error| failed(UNWRITTEN, error))?;
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result {
        self.changed = true;
        self.table.remove(key).map_err(|error| failed(UNWRITTEN, error))?;
        Ok(())
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}
