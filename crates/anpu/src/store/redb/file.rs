//! Opening the file: its lock, its format, and what to say when it is not what it should be.

use std::fs::{self, File, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ::redb::{Database, DatabaseError, ReadableDatabase, TableDefinition, TableError, TableHandle};

use super::rows::ROWS;
use crate::error::{Error, ErrorKind, Result};
use crate::store::ledger;

/// Numbers about the file itself: its format, and the last number that the ledger gave.
pub(super) const ABOUT: TableDefinition<'static, &str, u64> = TableDefinition::new("about");
pub(super) const NUMBER: &str = "number";
const FORMAT: &str = "format";

/// The format that this version writes. Older ones stay readable; a newer one is refused.
const CURRENT: u64 = 1;

/// How often to look whether the file has been given free.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens the file, and says from which number on its ledger goes.
pub(super) fn open(path: &Path, cache: usize, wait: Duration) -> Result<(Database, u64)> {
    prepare(path).map_err(|error| unopened(path, "cannot be made or opened").because(error))?;
    let deadline = Instant::now() + wait;
    loop {
        // The database asserts what it reads; in a damaged file that may not hold.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let database = Database::builder().set_cache_size(cache).create(path);
            database.map(|database| known(&database, path).map(|number| (database, number)))
        }));
        match opened {
            Ok(Ok(opened)) => return opened,
            Ok(Err(DatabaseError::DatabaseAlreadyOpen)) if Instant::now() < deadline => thread::sleep(PAUSE),
            Ok(Err(error)) => return Err(explained(path, error)),
            Err(_) => return Err(unopened(path, DAMAGED)),
        }
    }
}

const DAMAGED: &str = "is damaged: move it away, or bring back a copy";

fn explained(path: &Path, error: DatabaseError) -> Error {
    let text = match &error {
        DatabaseError::DatabaseAlreadyOpen => "is open already: one process at a time can have it; end the other one",
        DatabaseError::UpgradeRequired(_) => "was written by an older redb than this one can read",
        DatabaseError::Storage(::redb::StorageError::Io(io)) if io.kind() == std::io::ErrorKind::InvalidData => {
            "is no store of this crate, or is damaged: name another file, or bring back a copy"
        }
        DatabaseError::Storage(::redb::StorageError::Io(_)) => "cannot be opened",
        _ => DAMAGED,
    };
    unopened(path, text).because(error)
}

fn unopened(path: &Path, text: &str) -> Error {
    Error::new(ErrorKind::Store, format!("the store {} {text}", path.display()))
}

/// Makes the folder and the file, for the eyes of its owner only, and makes sure that the folder has noted it.
fn prepare(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    if path.exists() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Makes sure that the file is ours and of a format we know; begins it if it is new.
fn known(database: &Database, path: &Path) -> Result<u64> {
    let damaged = |error: ::redb::Error| unopened(path, DAMAGED).because(error);
    let about = about(database).map_err(damaged)?;
    let (format, number) = match about {
        About::New => (CURRENT, 0),
        About::Ours { format, number } => (format, number),
        About::Foreign => return Err(unopened(path, "is a database, but no store of this crate: name another file")),
    };
    if format > CURRENT {
        let text = format!("has format {format}, and this version reads up to {CURRENT}: use a newer version of anpu");
        return Err(unopened(path, &text));
    }
    let number = number.max(ledger::first_number());
    begin(database, number).map_err(damaged)?;
    Ok(number)
}

/// Whose file it is.
enum About {
    New,
    Ours { format: u64, number: u64 },
    Foreign,
}

fn about(database: &Database) -> Result<About, ::redb::Error> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(ABOUT) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => {
            let mut tables = transaction.list_tables()?;
            return Ok(if tables.any(|table| !table.name().is_empty()) { About::Foreign } else { About::New });
        }
        Err(TableError::TableTypeMismatch { .. }) => return Ok(About::Foreign),
        Err(error) => return Err(error.into()),
    };
    let number = |key: &str| table.get(key).map(|value| value.map(|value| value.value()));
    let Some(format) = number(FORMAT)? else { return Ok(About::Foreign) };
    Ok(About::Ours { format, number: number(NUMBER)?.unwrap_or(0) })
}

fn begin(database: &Database, number: u64) -> Result<(), ::redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut about = transaction.open_table(ABOUT)?;
        about.insert(FORMAT, CURRENT)?;
        about.insert(NUMBER, number)?;
        transaction.open_table(ROWS)?;
    }
    transaction.commit()?;
    Ok(())
}
