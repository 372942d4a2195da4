//! `anpu sessions`: looks into any store for the sessions that are kept there, and ends them.
//!
//! - `record`: what is kept of a session, as far as a person wants to know; `table`: rows for a terminal.

mod record;
mod table;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use anpu::store::{Expected, Listed, MAX_PAGE, Redb, Redis, Sessions, Store, Values, session_values};
use anpu::{Error, ErrorKind};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::record::{Kept, Session};
use crate::demo::Place;

/// Look into a store: the sessions that are kept there, what they keep, and their end.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// The store: a file, or a server as redis://HOST:PORT; default: $ANPU_STORE, or the file of the demo
    #[arg(long, value_name = "FILE|URL", global = true)]
    store: Option<String>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All sessions, those that expire first in front
    List {
        /// Only those of this owner, as the list shows it
        #[arg(long)]
        owner: Option<String>,
    },
    /// One session: its client, and what it keeps
    Show {
        /// Its id, or the beginning of it
        id: String,
        /// Print the values, too: they may be private
        #[arg(long)]
        values: bool,
    },
    /// End a session for good: its client has to open a new one
    End {
        /// Its id, or the beginning of it
        id: String,
        /// For how long the id stays refused: as long as the server's session ids are good
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        tombstone: u32,
    },
}

pub(crate) async fn run(options: Options) -> anpu::Result {
    let said = match Place::named(options.store.as_deref(), Path::new("./anpu-data"))? {
        Place::File(file) => {
            if !file.exists() {
                let text = format!("there is no store {}: name one with --store", file.display());
                return Err(Error::new(ErrorKind::Config, text));
            }
            let store = Redb::open(file).await?;
            let said = answer(&store, &options).await;
            store.close().await?;
            said?
        }
        Place::Redis(url) => answer(&Redis::connect(url).await?, &options).await?,
    };
    // Whoever closed the pipe has seen enough.
    let _ = io::stdout().lock().write_all(said.as_bytes());
    Ok(())
}

/// What the command says of this store.
async fn answer(store: &impl Store, options: &Options) -> anpu::Result<String> {
    match &options.command {
        Command::List { owner } => {
            let sessions = all(store, owner.as_deref()).await?;
            let sessions: Vec<Session> = sessions.iter().map(Session::read).collect();
            Ok(if options.json { lines(&json!(sessions)) } else { table::of(&sessions) })
        }
        Command::Show { id, values } => {
            let session = Session::read(&find(store, id).await?);
            let stored = Values::get(store, &session_values(&session.id)).await?;
            let kept = stored.map(|stored| Kept::read(&stored.bytes)).unwrap_or_default();
            Ok(if options.json { lines(&kept.beside(&session, *values)) } else { kept.below(&session, *values) })
        }
        Command::End { id, tombstone } => {
            let id = find(store, id).await?.id;
            let tombstone = Duration::from_secs(u64::from(*tombstone) * 24 * 60 * 60);
            store.end(&id, tombstone).await?;
            Values::delete(store, &session_values(&id), Expected::Anything).await?;
            Ok(if options.json { lines(&json!({ "ended": id })) } else { format!("ended {id}\n") })
        }
    }
}

fn lines(value: &Value) -> String {
    format!("{value:#}\n")
}

async fn all(store: &impl Store, owner: Option<&str>) -> anpu::Result<Vec<Listed>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Sessions::list(store, owner, after.as_ref(), MAX_PAGE).await?;
        all.extend(page.records);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The one session whose id begins like this.
async fn find(store: &impl Store, id: &str) -> anpu::Result<Listed> {
    let mut found: Vec<Listed> = all(store, None).await?;
    found.retain(|listed| listed.id.starts_with(id));
    // A session that is in use while the list is read may come twice.
    found.dedup_by(|one, other| one.id == other.id);
    let text = match found.len() {
        1 => return Ok(found.remove(0)),
        0 => format!("no session's id begins with `{id}`: `anpu sessions list` has them all"),
        many => format!("the ids of {many} sessions begin with `{id}`: give more of it"),
    };
    Err(Error::new(ErrorKind::NotFound, text))
}
