//! The store in a file: the contract, and what its file promises.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anpu::ErrorKind;
use anpu::store::{
    Bound, Durability, Events, Expected, Loaded, Position, Redb, Replay, Sessions, Store, Swapped, Values,
};
use tokio::sync::OnceCell;

const HOUR: Duration = Duration::from_secs(3600);

static STORE: OnceCell<Redb> = OnceCell::const_new();

pub(crate) async fn open() -> anpu::Result<Redb> {
    let opened = STORE.get_or_try_init(async || {
        let folder = Folder::new("contract");
        // The folder goes at once: what is open lives on without a name, and leaves nothing behind.
        Redb::open(folder.file()).await
    });
    Ok(opened.await?.clone())
}

anpu::store_contract!(contract, super::open);

/// A folder that is gone with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anpu-stores-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("store.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn put(store: &Redb, key: &str, value: &'static str) -> anpu::Result {
    match store.swap(key, Expected::Anything, value.into(), None).await? {
        Swapped::Done(_) => Ok(()),
        Swapped::Conflict => panic!("anything is expected"),
    }
}

async fn value(store: &Redb, key: &str) -> anpu::Result<Option<String>> {
    Ok(store.get(key).await?.map(|stored| String::from_utf8_lossy(&stored.bytes).into_owned()))
}

#[tokio::test]
async fn all_is_there_when_it_is_opened_again() -> anpu::Result {
    let folder = Folder::new("again");
    let file = folder.file();
    let bound = Bound { entries: 2, bytes: 999, ttl: HOUR };
    let store = Redb::open(&file).await?;
    assert!(store.is_durable() && !store.is_shared());
    assert_eq!(store.describe(), format!("redb file {}", file.display()));
    let mut at = Vec::new();
    for text in ["a", "b", "c"] {
        at.push(store.append("log", 1, text.into(), bound).await?);
    }
    let _ = store.save("s", Expected::Absent, Some("o"), "record".into(), HOUR).await?;
    store.end("ended", HOUR).await?;
    let Swapped::Done(first) = store.swap("v", Expected::Absent, "value".into(), None).await? else { panic!() };
    store.close().await?;

    let store = Redb::open(&file).await?;
    assert_eq!(value(&store, "v").await?.as_deref(), Some("value"));
    assert!(matches!(store.load("s", None).await?, Loaded::Record(stored) if stored.bytes == "record"));
    assert_eq!(store.load("ended", None).await?, Loaded::Ended);
    assert_eq!(store.count(Some("o")).await?, 1);
    let all = store.replay("log", Some(1), Position::START, 9).await?;
    assert_eq!(all, Replay::Gone, "what was dropped is remembered");
    assert!(matches!(store.replay("log", Some(1), at[1], 9).await?, Replay::Events(events) if events.len() == 1));
    assert!(store.append("log", 1, "d".into(), bound).await? > at[2], "positions go on");
    let Swapped::Done(second) = store.swap("v", Expected::Revision(first), "x".into(), None).await? else { panic!() };
    assert!(second > first, "revisions go on");
    store.close().await
}

#[tokio::test]
async fn what_is_open_is_locked_by_name() -> anpu::Result {
    let folder = Folder::new("lock");
    let file = folder.file();
    let store = Redb::open(&file).await?;
    let error = Redb::open(&file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let wanted = format!("the store {} is open already: one process at a time can have it", file.display());
    assert!(error.to_string().starts_with(&wanted), "{error}");

    let waiting = tokio::spawn(Redb::open(&file).wait(Duration::from_secs(20)).into_future());
    put(&store, "v", "1").await?;
    let twin = store.clone();
    store.close().await?;
    let error = twin.get("v").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().ends_with("is closed"), "{error}");
    assert_eq!(put(&twin, "v", "2").await.unwrap_err().kind(), ErrorKind::Store);
    let store = waiting.await??;
    assert_eq!(value(&store, "v").await?.as_deref(), Some("1"));
    Ok(())
}

#[tokio::test]
async fn a_file_of_a_newer_format_is_refused() -> anpu::Result {
    let folder = Folder::new("newer");
    let file = folder.file();
    Redb::open(&file).await?.close().await?;
    let about = redb::TableDefinition::<&str, u64>::new("about");
    let database = redb::Database::create(&file)?;
    let change = database.begin_write()?;
    change.open_table(about)?.insert("format", 2)?;
    change.commit()?;
    drop(database);
    let error = Redb::open(&file).await.unwrap_err();
    let wanted = format!(
        "the store {} has format 2, and this version reads up to 1: use a newer version of anpu",
        file.display()
    );
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Store, wanted));
    Ok(())
}

#[tokio::test]
async fn revisions_go_on_though_the_clock_was_set_back() -> anpu::Result {
    let folder = Folder::new("clock");
    let file = folder.file();
    Redb::open(&file).await?.close().await?;
    let about = redb::TableDefinition::<&str, u64>::new("about");
    let database = redb::Database::create(&file)?;
    let change = database.begin_write()?;
    change.open_table(about)?.insert("number", 1 << 62)?;
    change.commit()?;
    drop(database);
    let store = Redb::open(&file).await?;
    let Swapped::Done(revision) = store.swap("v", Expected::Absent, "x".into(), None).await? else { panic!() };
    assert!(revision.0 > 1 << 62, "{revision:?}");
    Ok(())
}

#[tokio::test]
async fn another_database_is_left_alone() -> anpu::Result {
    let folder = Folder::new("foreign");
    let file = folder.file();
    let notes = redb::TableDefinition::<&str, &str>::new("notes");
    let database = redb::Database::create(&file)?;
    let change = database.begin_write()?;
    change.open_table(notes)?.insert("a", "b")?;
    change.commit()?;
    drop(database);
    let error = Redb::open(&file).await.unwrap_err();
    assert!(error.to_string().ends_with("is a database, but no store of this crate: name another file"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_named() -> anpu::Result {
    let folder = Folder::new("damaged");
    let file = folder.file();
    let store = Redb::open(&file).await?;
    for at in 0..200 {
        put(&store, &format!("v{at}"), "some value of no great length").await?;
    }
    store.close().await?;
    let sound = std::fs::read(&file)?;
    let text = |error: anpu::Error| {
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        error.to_string()
    };
    std::fs::write(&file, b"these are not the bytes of a database, whatever its name may be")?;
    assert!(text(Redb::open(&file).await.unwrap_err()).contains("is no store of this crate, or is damaged"));
    std::fs::write(&file, &sound[..sound.len() / 2])?;
    text(Redb::open(&file).await.unwrap_err());
    // Whatever is hit, somebody says so: opening, or reading, or nothing was there.
    for at in (0..sound.len()).step_by(sound.len() / 40) {
        let mut hit = sound.clone();
        hit[at..(at + 16).min(sound.len())].fill(0xA5);
        std::fs::write(&file, &hit)?;
        let Ok(store) = Redb::open(&file).await else { continue };
        for at in 0..200 {
            match store.get(&format!("v{at}")).await {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::Store),
            }
        }
        let _ = store.close().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_fails_alone() -> anpu::Result {
    let folder = Folder::new("record");
    let store = Redb::open(folder.file()).await?;
    put(&store, "damaged", "x").await?;
    store.close().await?;
    let rows = redb::TableDefinition::<&[u8], &[u8]>::new("rows");
    let database = redb::Database::create(folder.file())?;
    let change = database.begin_write()?;
    change.open_table(rows)?.insert(&b"rvdamaged"[..], &b"short"[..])?;
    change.commit()?;
    drop(database);
    let store = Redb::open(folder.file()).await?;
    let writers = (0..100).map(|at| {
        let (store, key) = (store.clone(), if at % 10 == 3 { "damaged".to_owned() } else { format!("sound{at}") });
        tokio::spawn(async move { (key.clone(), put(&store, &key, "y").await) })
    });
    for writer in Vec::from_iter(writers) {
        let (key, written) = writer.await?;
        if key == "damaged" {
            let error = written.unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (ErrorKind::Store, "a record in the store is damaged")
            );
        } else {
            written?;
            assert_eq!(value(&store, &key).await?.as_deref(), Some("y"));
        }
    }
    assert_eq!(store.get("damaged").await.unwrap_err().kind(), ErrorKind::Store, "damaged is not absent");
    Ok(())
}

#[tokio::test]
async fn a_crowd_of_writers_shares_the_disk() -> anpu::Result {
    let folder = Folder::new("crowd");
    let store = Redb::open(folder.file()).await?;
    let alone = Instant::now();
    for at in 0..20 {
        put(&store, &format!("alone{at}"), "x").await?;
    }
    let alone = alone.elapsed() / 20;
    let together = Instant::now();
    let writers = (0..2000).map(|at| {
        let store = store.clone();
        tokio::spawn(async move { put(&store, &format!("crowd{at}"), "x").await })
    });
    for writer in Vec::from_iter(writers) {
        writer.await??;
    }
    println!("a write alone {alone:?}, 2000 together {:?} each", together.elapsed() / 2000);
    store.close().await?;
    let store = Redb::open(folder.file()).await?;
    for at in 0..2000 {
        assert!(store.get(&format!("crowd{at}")).await?.is_some(), "crowd{at}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_eventual_is_there_after_a_flush_and_a_close() -> anpu::Result {
    let folder = Folder::new("eventual");
    let store = Redb::open(folder.file()).durability(Durability::Eventual).await?;
    put(&store, "a", "1").await?;
    store.flush().await?;
    // As a crash would leave it: what the file holds now, seen by another process.
    let copy = folder.file().with_extension("copy");
    std::fs::copy(folder.file(), &copy)?;
    let crashed = Redb::open(&copy).await?;
    assert_eq!(value(&crashed, "a").await?.as_deref(), Some("1"));
    put(&store, "b", "2").await?;
    store.close().await?;
    let store = Redb::open(folder.file()).await?;
    assert_eq!(value(&store, "b").await?.as_deref(), Some("2"));
    Ok(())
}

#[tokio::test]
async fn what_has_expired_leaves_the_file() -> anpu::Result {
    let folder = Folder::new("sweep");
    let store = Redb::open(folder.file()).await?;
    let bound = Bound { entries: 100, bytes: 10_000, ttl: Duration::from_millis(1) };
    for at in 0..100 {
        let _ =
            store.save(&format!("s{at}"), Expected::Absent, Some("o"), "x".into(), Duration::from_millis(1)).await?;
        store.append(&format!("log{at}"), 1, "x".into(), bound).await?;
    }
    let gone = async || Ok::<_, anpu::Error>(store.count(Some("o")).await? == 0);
    while !gone().await? {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        put(&store, "v", "kept").await?;
    }
    store.close().await?;
    let rows = redb::TableDefinition::<&[u8], &[u8]>::new("rows");
    let database = redb::Database::create(folder.file())?;
    let read = redb::ReadableDatabase::begin_read(&database)?;
    let left = redb::ReadableTableMetadata::len(&read.open_table(rows)?)?;
    assert_eq!(left, 1, "the one value");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() -> anpu::Result {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("mode");
    let file = folder.0.join("deep/er/store.redb");
    let store = Redb::open(&file).await?;
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(store.replay("log", None, Position::START, 1).await?, Replay::Events(vec![]));
    Ok(())
}
