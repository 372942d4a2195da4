//! Which keys a server seals with: those it is given, those of its environment, those its store keeps, or its own.

use std::fmt;

use bytes::Bytes;

use super::builder::Server;
use super::keeping::Keeping;
use crate::error::{Error, ErrorKind, Result};
use crate::seal::Keys;
use crate::store::{Expected, Stored, Swapped};

/// Where a store keeps the ring, and how it is written: the number of the format, then the keys.
const KEY: &str = "anpu:keys";
const FORMAT: &str = "1 ";
/// How often another process may be faster, or slower, than this one.
const TRIES: usize = 8;

/// Keys, and where they came from.
#[derive(Clone)]
pub(crate) struct Ring {
    pub(crate) keys: Keys,
    from: Source,
}

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Given,
    Environment,
    Store(String),
    Process,
}

impl Ring {
    /// Keys of the program's configuration.
    pub(crate) fn given(keys: Keys) -> Self {
        Self { keys, from: Source::Given }
    }

    /// The keys of the environment, if it has any.
    fn of_environment() -> Result<Option<Self>> {
        Ok(Keys::from_env()?.map(|keys| Self { keys, from: Source::Environment }))
    }

    /// The keys of the environment, or new ones that live as long as the process.
    pub(crate) fn of_process() -> Result<Self> {
        match Self::of_environment()? {
            Some(ring) => Ok(ring),
            None => Ok(Self { keys: Keys::random()?, from: Source::Process }),
        }
    }

    /// The keys that the store keeps. Whoever comes first makes them; all others find them.
    async fn of_store(store: &Keeping) -> Result<Self> {
        let from = Source::Store(store.describe());
        for _ in 0..TRIES {
            if let Some(stored) = store.ask(|store| store.get_value(KEY)).await? {
                return Ok(Self { keys: read(&stored)?, from });
            }
            let keys = Keys::random()?;
            let text = Bytes::from(format!("{FORMAT}{}", keys.to_text()));
            match store.ask(|store| store.swap_value(KEY, Expected::Absent, text, None)).await? {
                Swapped::Done(_) => return Ok(Self { keys, from }),
                Swapped::Conflict => {}
            }
        }
        Err(Error::new(ErrorKind::Store, format!("the keys come and go in the store ({})", store.describe())))
    }

    /// Says in the log which keys these are.
    pub(crate) fn introduce(&self, store_is_durable: bool) {
        if store_is_durable && !self.lasts() {
            tracing::warn!(keys = ?self, "the store outlives the keys: `.prepare().await` before `.into_service()` keeps them there");
        } else {
            tracing::info!(keys = ?self, "what clients keep is sealed");
        }
    }

    /// Whether what is sealed opens in other processes, too.
    pub(crate) fn lasts(&self) -> bool {
        self.from != Source::Process
    }
}

fn read(stored: &Stored) -> Result<Keys> {
    let unreadable =
        |why: &str| Error::new(ErrorKind::Store, format!("the keys in the store (`{KEY}`) cannot be read: {why}"));
    let text = std::str::from_utf8(&stored.bytes).map_err(|_| unreadable("they are no text"))?;
    let keys = text.strip_prefix(FORMAT).ok_or_else(|| unreadable("another version of anpu wrote them"))?;
    Keys::read(keys).map_err(|error| unreadable(&error.to_string()))
}

/// What the log says; keys show as their ids.
impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.keys)?;
        match &self.from {
            Source::Given => f.write_str("given by the program"),
            Source::Environment => f.write_str("of the environment (ANPU_KEYS)"),
            Source::Store(store) => write!(f, "kept in the store ({store})"),
            Source::Process => f.write_str("of this process alone: what it seals, no other opens"),
        }
    }
}

impl Server {
    /// Gets what serving needs from the store: the keys, if neither [`keys`](Server::keys) nor `ANPU_KEYS` gives any and
    /// the store is durable. The first process makes them, all others find them, so that sealed session ids outlive a
    /// restart without any configuration.
    ///
    /// `serve_http`, `serve_listener` and `serve_stdio` do this themselves. Before
    /// [`into_service`](Server::into_service) and [`build`](Server::build), which cannot wait, it is yours to do:
    ///
    /// ```
    /// use anpu::prelude::*;
    /// use anpu::store::Memory;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anpu::Result {
    /// let server = Server::new("notes", "1.0.0").store(Memory::new()).prepare().await?;
    /// let (service, handle) = server.into_service()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store fails or does not answer within the [deadline](Server::store_deadline), or its keys cannot be read.
    pub async fn prepare(mut self) -> Result<Self> {
        if self.ring.is_some() {
            return Ok(self);
        }
        self.ring = match (Ring::of_environment()?, self.store.clone()) {
            (Some(ring), _) => Some(ring),
            (None, Some(store)) => {
                let store = Keeping::new(store, self.times.store);
                if store.is_durable() { Some(Ring::of_store(&store).await?) } else { None }
            }
            (None, None) => None,
        };
        Ok(self)
    }
}
