//! The notes in their file: read once when it is opened, then written through. Knows no protocol.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use anpu::{Error, ErrorKind, not_found};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction};

use super::note::{Draft, Note, invalid, meant, now};

/// Notes as JSON, by id.
const NOTES: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("notes");
/// How many notes were ever added, under `notes`.
const COUNTS: TableDefinition<'static, &str, u64> = TableDefinition::new("counts");

/// A notebook: notes in a file of their own.
///
/// No other process can have the file open, so the notes in memory are the notes; reading never blocks. Writing waits for
/// the disk and therefore belongs on the blocking pool.
#[derive(Debug)]
pub(super) struct Notebook {
    file: PathBuf,
    notes: RwLock<BTreeMap<String, Arc<Note>>>,
    unreadable: usize,
    database: Mutex<Database>,
}

impl Notebook {
    /// Opens the notebook in this folder; makes both if they are not there.
    pub(super) fn open(folder: &Path) -> anpu::Result<Self> {
        let file = folder.join("notes.redb");
        fs::create_dir_all(folder).map_err(|error| {
            let text = format!("cannot make the folder {}; choose another with --data DIR", folder.display());
            Error::new(ErrorKind::Io, text).because(error)
        })?;
        let database = Database::create(&file).map_err(|error| unopened(&file, error))?;
        let (notes, unreadable) = read(&database, &file)?;
        Ok(Self { file, notes: RwLock::new(notes), unreadable, database: Mutex::new(database) })
    }

    /// Where the notes are kept.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// How many records in the file could not be read; they stay in it as they are.
    pub(super) fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// All notes, those changed last first.
    pub(super) fn all(&self) -> Vec<Arc<Note>> {
        let mut notes: Vec<_> = self.notes.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        notes.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.id.cmp(&b.id)));
        notes
    }

    /// The note of this id.
    pub(super) fn get(&self, id: &str) -> anpu::Result<Arc<Note>> {
        let id = meant(id);
        let notes = self.notes.read().unwrap_or_else(PoisonError::into_inner);
        notes.get(id).cloned().ok_or_else(|| {
            not_found(format!("there is no note with the id `{id}`; search_notes and list_notes tell the ids"))
        })
    }

    /// Adds a note.
    pub(super) fn add(&self, draft: Draft) -> anpu::Result<Arc<Note>> {
        let added = self.add_all(vec![draft], |_| true)?;
        added.and_then(|mut notes| notes.pop()).ok_or_else(|| invalid("no note was added"))
    }

    /// Adds all of these notes, or none: `go_on` is told how many are done and may call it off.
    pub(super) fn add_all(
        &self,
        drafts: Vec<Draft>,
        mut go_on: impl FnMut(usize) -> bool,
    ) -> anpu::Result<Option<Vec<Arc<Note>>>> {
        let drafts = drafts.into_iter().map(Draft::tidy).collect::<anpu::Result<Vec<_>>>()?;
        let database = self.writing();
        let change = database.begin_write()?;
        let mut added = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let note = draft.into_note(next(&change)?);
            put(&change, &note)?;
            added.push(Arc::new(note));
            if !go_on(added.len()) {
                change.abort()?;
                return Ok(None);
            }
        }
        change.commit()?;
        let mut notes = self.notes.write().unwrap_or_else(PoisonError::into_inner);
        notes.extend(added.iter().map(|note| (note.id.clone(), Arc::clone(note))));
        Ok(Some(added))
    }

    /// Changes a note; what `change` refuses stays as it was.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Note) -> anpu::Result) -> anpu::Result<Arc<Note>> {
        let database = self.writing();
        let before = self.get(id)?;
        let mut note = Note::clone(&before);
        change(&mut note)?;
        if note == *before {
            return Ok(before);
        }
        note.updated = now();
        let transaction = database.begin_write()?;
        put(&transaction, &note)?;
        transaction.commit()?;
        let note = Arc::new(note);
        let mut notes = self.notes.write().unwrap_or_else(PoisonError::into_inner);
        notes.insert(note.id.clone(), Arc::clone(&note));
        Ok(note)
    }

    /// Removes a note.
    pub(super) fn remove(&self, id: &str) -> anpu::Result<Arc<Note>> {
        let database = self.writing();
        let note = self.get(id)?;
        let transaction = database.begin_write()?;
        transaction.open_table(NOTES)?.remove(note.id.as_str())?;
        transaction.commit()?;
        self.notes.write().unwrap_or_else(PoisonError::into_inner).remove(&note.id);
        Ok(note)
    }

    /// One change at a time, from looking at the note to showing it, so that none is lost under another.
    fn writing(&self) -> MutexGuard<'_, Database> {
        // A writer that panicked has not committed.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put(change: &WriteTransaction, note: &Note) -> anpu::Result {
    change.open_table(NOTES)?.insert(note.id.as_str(), serde_json::to_vec(note)?.as_slice())?;
    Ok(())
}

/// The number of the next note.
fn next(change: &WriteTransaction) -> anpu::Result<u64> {
    let mut counts = change.open_table(COUNTS)?;
    let number = counts.get("notes")?.map_or(0, |count| count.value()) + 1;
    counts.insert("notes", number)?;
    Ok(number)
}

/// Reads all notes. One that cannot be read does not hide the others, and stays in the file.
fn read(database: &Database, file: &Path) -> anpu::Result<(BTreeMap<String, Arc<Note>>, usize)> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(NOTES) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok((BTreeMap::new(), 0)),
        Err(error) => return Err(unopened(file, error)),
    };
    let (mut notes, mut unreadable) = (BTreeMap::new(), 0);
    for record in table.iter()? {
        let (id, text) = record?;
        match serde_json::from_slice::<Note>(text.value()) {
            Ok(note) if note.id == id.value() => {
                notes.insert(note.id.clone(), Arc::new(note));
            }
            wrong => {
                unreadable += 1;
                let why = wrong.map_or_else(|error| error.to_string(), |note| format!("it calls itself `{}`", note.id));
                crate::say(&format!("warning: the note `{}` cannot be read and is skipped: {why}", id.value()));
            }
        }
    }
    Ok((notes, unreadable))
}

fn unopened(file: &Path, error: impl Into<redb::Error>) -> Error {
    let (file, error) = (file.display(), error.into());
    if matches!(error, redb::Error::DatabaseAlreadyOpen) {
        let text = format!(
            "another `anpu demo` is using {file}: stop it (a client may have started it with --stdio), or give this one a \
             notebook of its own with --data DIR"
        );
        return Error::new(ErrorKind::Io, text);
    }
    let text = format!(
        "cannot open {file}: if it is damaged or no notebook, move it away, or choose another folder with --data DIR"
    );
    Error::new(ErrorKind::Io, text).because(error)
}

#[cfg(test)]
pub(super) mod tests {
    use std::ops::Deref;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A folder for one test: not there yet, and gone when it is dropped.
    pub(crate) struct Folder(PathBuf);

    pub(crate) fn folder(name: &str) -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Folder(std::env::temp_dir().join(format!("anpu-demo-{}-{name}-{number}", std::process::id())))
    }

    impl Deref for Folder {
        type Target = Path;

        fn deref(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    pub(crate) fn draft(title: &str) -> Draft {
        Draft { title: title.to_owned(), text: format!("about {title}"), tags: Vec::new(), created: None }
    }

    fn titles(notebook: &Notebook) -> Vec<String> {
        let mut titles: Vec<_> = notebook.all().iter().map(|note| note.title.clone()).collect();
        titles.sort();
        titles
    }

    #[test]
    fn notes_are_still_there_when_the_file_is_opened_again() {
        let folder = folder("again");
        let notebook = Notebook::open(&folder).unwrap();
        let (milk, gone) = (notebook.add(draft("Milk")).unwrap(), notebook.add(draft("Gone")).unwrap());
        let change = |note: &mut Note| {
            note.text = "two litres".to_owned();
            Ok(())
        };
        notebook.change(&milk.uri(), change).unwrap();
        notebook.remove(&gone.id).unwrap();
        let before = notebook.all();
        drop(notebook);
        let notebook = Notebook::open(&folder).unwrap();
        assert_eq!(notebook.all(), before);
        assert_eq!(notebook.get("milk-1").unwrap().text, "two litres");
        assert_eq!(notebook.get("gone-2").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(notebook.add(draft("Gone")).unwrap().id, "gone-3", "an id is never used again");
    }

    #[test]
    fn one_unreadable_record_hides_no_other_and_stays() {
        let folder = folder("unreadable");
        drop(Notebook::open(&folder).unwrap().add(draft("Good")).unwrap());
        let database = Database::create(folder.join("notes.redb")).unwrap();
        let change = database.begin_write().unwrap();
        change.open_table(NOTES).unwrap().insert("bad-9", b"{".as_slice()).unwrap();
        change.commit().unwrap();
        drop(database);
        for _ in 0..2 {
            let notebook = Notebook::open(&folder).unwrap();
            assert_eq!((titles(&notebook), notebook.unreadable()), (vec!["Good".to_owned()], 1));
        }
    }

    #[test]
    fn a_file_in_use_says_who_may_have_it() {
        let folder = folder("in-use");
        let _first = Notebook::open(&folder).unwrap();
        let error = Notebook::open(&folder).unwrap_err().to_string();
        assert!(error.contains("another `anpu demo` is using") && error.contains("--data DIR"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_notebook_is_left_alone() {
        let folder = folder("no-notebook");
        fs::create_dir_all(&*folder).unwrap();
        fs::write(folder.join("notes.redb"), "my diary").unwrap();
        let error = Notebook::open(&folder).unwrap_err().to_string();
        assert!(error.contains("move it away"), "{error}");
        assert_eq!(fs::read_to_string(folder.join("notes.redb")).unwrap(), "my diary");
    }

    #[test]
    fn many_notes_are_added_all_or_none() {
        let notebook = Notebook::open(&folder("many")).unwrap();
        let drafts = || vec![draft("A"), draft("B"), draft("C")];
        assert_eq!(notebook.add_all(drafts(), |done| done < 2).unwrap(), None);
        let bad = [drafts(), vec![draft(" ")]].concat();
        assert!(notebook.add_all(bad, |_| true).is_err());
        assert_eq!(notebook.all(), []);
        let mut steps = Vec::new();
        let add = |done| {
            steps.push(done);
            true
        };
        assert_eq!(notebook.add_all(drafts(), add).unwrap().unwrap().len(), 3);
        assert_eq!((titles(&notebook).concat().as_str(), steps), ("ABC", vec![1, 2, 3]));
    }

    #[test]
    fn a_refused_change_changes_nothing() {
        let notebook = Notebook::open(&folder("refused")).unwrap();
        let note = notebook.add(draft("A")).unwrap();
        let refuse = |note: &mut Note| {
            note.title.clear();
            Err(invalid("no"))
        };
        assert!(notebook.change(&note.id, refuse).is_err());
        assert_eq!(notebook.change(&note.id, |_| Ok(())).unwrap(), note, "no change is no new date");
    }
}
