//! Putting a server together.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::model::{Icon, Implementation, ServerCapabilities};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::budget::{Budget, Kept};
use super::core::{Announce, Core};
use super::directory::Directory;
use super::drain::Drain;
use super::durable;
use super::events::Events;
use super::extension::{ProtocolExtension, Words};
use super::handle::Handle;
use super::hooks::{AnyHooks, Hooks};
use super::keeping::Keeping;
use super::listens::Listens;
use super::lists::Lists;
use super::nodes::Nodes;
use super::peers::Peers;
use super::reaper::Reaper;
use super::record::hex;
use super::recovery::{Recovery, Returns};
use super::ring::Ring;
use super::settings::{Fresh, Limits, Times};
use super::signature::Signature;
use crate::component::{Caching, Catalog, Component, Components, Cursors, Mount, Provider, Shelf, Touched};
use crate::error::{Error, Result};
use crate::handler::{Cx, Needs, States};
use crate::seal::{Keys, Seals, digest};
use crate::store::{AnyStore, Memory, Store};

/// A server, put together step by step and then served.
///
/// ```
/// use anpu::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(a: f64, b: f64) -> f64 { a + b }
///
/// let server = Server::new("calculator", "1.0.0").with(components![add]);
/// ```
#[must_use = "a server does nothing until it is served"]
pub struct Server {
    info: Implementation,
    instructions: Option<String>,
    announce: Option<Announce>,
    components: Vec<Component>,
    mounts: Vec<Mount>,
    pub(super) states: States,
    hooks: Option<Arc<dyn AnyHooks>>,
    events: Events,
    words: Words,
    pub(crate) limits: Limits,
    pub(crate) times: Times,
    dialects: Vec<&'static Dialect>,
    unknown_versions: Vec<String>,
    pub(crate) door: crate::server::Door,
    pub(crate) always_replays: bool,
    caching: Fresh,
    pub(super) ring: Option<Ring>,
    realm: Option<String>,
    pub(super) store: Option<Arc<dyn AnyStore>>,
    recovery: Recovery,
}

impl Server {
    /// A server of this name and version, which clients show and log.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            info: Implementation::new(name, version),
            instructions: None,
            announce: None,
            components: Vec::new(),
            mounts: Vec::new(),
            states: States::default(),
            hooks: None,
            events: Events::default(),
            words: Words::default(),
            limits: Limits::default(),
            times: Times::default(),
            dialects: dialect::ALL.to_vec(),
            unknown_versions: Vec::new(),
            door: crate::server::Door::default(),
            always_replays: false,
            caching: Fresh::default(),
            ring: None,
            realm: None,
            store: None,
            recovery: Recovery::default(),
        }
    }

    /// The name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.info = self.info.title(title);
        self
    }

    /// What the server is, for people.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.info = self.info.description(text);
        self
    }

    /// Where people read more.
    pub fn website(mut self, url: impl Into<String>) -> Self {
        self.info = self.info.website_url(url);
        self
    }

    /// An icon, for people.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.info = self.info.icon(icon);
        self
    }

    /// What a model should know before it uses this server.
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.instructions = Some(text.into());
        self
    }

    /// Adds components: `components![add, cart::add_to_cart]`, or one made by hand.
    pub fn with(mut self, components: impl Into<Components>) -> Self {
        self.components.extend(components.into());
        self
    }

    /// Adds a source of components beside the server's own catalog.
    pub fn provider(mut self, provider: impl Provider) -> Self {
        self.mounts.push(Mount { prefix: None, provider: Box::new(provider) });
        self
    }

    /// Adds a source of components whose tools and prompts are named `prefix_name`.
    pub fn nest(mut self, prefix: impl Into<String>, provider: impl Provider) -> Self {
        let prefix = Some(prefix.into().into_boxed_str());
        self.mounts.push(Mount { prefix, provider: Box::new(provider) });
        self
    }

    /// Shares a value with all handlers that take [`State<T>`](crate::State). One value per type.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(Arc::new(value));
        self
    }

    /// Shares a value that is shared elsewhere, too.
    pub fn shared_state<T: Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.states.insert(value);
        self
    }

    /// Sets the callbacks.
    pub fn hooks(mut self, hooks: impl Hooks) -> Self {
        self.hooks = Some(Arc::new(hooks));
        self
    }

    /// Handles messages of this type that are sent to a session from outside, with
    /// [`SessionHandle::send`](crate::SessionHandle::send).
    pub fn on_event<E, F, Fut>(mut self, handler: F) -> Self
    where
        E: DeserializeOwned + Send + 'static,
        F: Fn(E, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.events.on::<E, F, Fut>(handler);
        self
    }

    /// Adds an extension of the protocol.
    pub fn extension(mut self, extension: ProtocolExtension) -> Self {
        self.words.add(extension);
        self
    }

    /// Changes what the server says it can do. Without this, it announces what it has components for.
    pub fn capabilities(mut self, change: impl Fn(&mut ServerCapabilities) + Send + Sync + 'static) -> Self {
        self.announce = Some(Box::new(change));
        self
    }

    /// Speaks only these versions of the specification. Without this, it speaks all that this build knows.
    pub fn versions<V: AsRef<str>>(mut self, versions: impl IntoIterator<Item = V>) -> Self {
        let wanted: Vec<String> = versions.into_iter().map(|version| version.as_ref().to_owned()).collect();
        let all = dialect::ALL.iter().copied();
        self.dialects = all.filter(|dialect| wanted.iter().any(|version| version == dialect.version)).collect();
        self.unknown_versions = wanted.into_iter().filter(|version| dialect::named(version).is_none()).collect();
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long a request may take; `None` for as long as it likes. Default: 60 s. A tool can have its own.
    ///
    /// The clock stands while the handler waits for the client.
    pub fn request_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.times.request = time.into();
        self
    }

    /// How long a handler that watches for its cancellation may take to clean up. Default: 5 s.
    pub fn cancel_grace(mut self, time: Duration) -> Self {
        self.times.grace = time;
        self
    }

    /// How long a session may be unused before it is let go; `None` for ever. Default: 30 minutes.
    pub fn idle_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.times.idle = time.into();
        self
    }

    /// How long a plain HTTP answer may take before it becomes a stream. Default: 100 ms.
    pub fn stream_after(mut self, time: Duration) -> Self {
        self.times.upgrade = time;
        self
    }

    /// How long a stream may be quiet before it gets a comment as a sign of life. Default: 15 s.
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.times.keep_alive = time;
        self
    }

    /// What a client should wait before it takes up a stream that ended. Default: 1 s.
    pub fn retry(mut self, time: Duration) -> Self {
        self.times.retry = time;
        self
    }

    /// How long running requests get when the server ends. Default: 25 s over HTTP, which leaves 5 of the 30 that
    /// Kubernetes gives; 5 s on stdio.
    pub fn drain(mut self, time: Duration) -> Self {
        self.times.drain = Some(time);
        self
    }

    /// How long a client that was asked something may take to come back with the answer, in versions of the protocol
    /// without sessions. Default: 1 hour.
    pub fn request_state_expiry(mut self, time: Duration) -> Self {
        self.times.request_state = time;
        self
    }

    /// For how long clients may keep lists. Where providers are, only for themselves. Default: not at all.
    pub fn cache_lists(mut self, caching: Caching) -> Self {
        self.caching.lists = caching;
        self
    }

    /// For how long clients may keep the contents of resources that say nothing of their own. Default: not at all.
    pub fn cache_reads(mut self, caching: Caching) -> Self {
        self.caching.reads = caching;
        self
    }

    /// The keys under which the server seals what it hands to its clients to keep.
    ///
    /// Without this they come from the environment (`ANPU_KEYS`), without that from a durable store, which
    /// [makes them once](Server::prepare), and without one they live as long as the process. The log says which.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.ring = Some(Ring::given(keys));
        self
    }

    /// Where sessions, values and events live beyond this process. Without it they live in memory, and what a session's
    /// sealed id proves is all that survives a restart.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How long the store may take before a request fails with a hint to try again. Default: 2 s.
    pub fn store_deadline(mut self, time: Duration) -> Self {
        self.times.store = time;
        self
    }

    /// Which lost sessions come back. Default: all that can be proven.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// How long the store keeps the record of a session after it was last used. Default: 7 days.
    pub fn retention(mut self, time: Duration) -> Self {
        self.times.retention = time;
        self
    }

    /// How long the id of a session is good. Default: 30 days.
    pub fn session_expiry(mut self, time: Duration) -> Self {
        self.times.seal = time;
        self
    }

    /// What seals are bound to beside the keys, so that services which share keys do not open each other's. Default: the
    /// name of the server.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Checks the server and makes it ready to be served.
    ///
    /// # Errors
    ///
    /// Of kind [`Config`](crate::ErrorKind::Config): two components of one name, a component that was made wrongly,
    /// a handler whose [`State`](crate::State) was not given, one that takes [`User`](crate::User) although nobody says who
    /// asks, two types that are [kept](Server::keep) under one key, an unknown version.
    pub fn build(self) -> Result<Handle> {
        if let Some(version) = self.unknown_versions.first() {
            let known: Vec<_> = dialect::ALL.iter().map(|dialect| dialect.version).collect();
            return Err(Error::config(format!(
                "version `{version}` is not served; this build serves {}",
                known.join(", ")
            )));
        }
        if self.dialects.is_empty() {
            return Err(Error::config("a server speaks at least one version: .versions([..]) was given none"));
        }
        let shelf = shelf(&self.components, &self.states)?;
        let ring = match self.ring {
            Some(ring) => ring,
            None => Ring::of_process()?,
        };
        let realm = self.realm.as_deref().unwrap_or(&self.info.name);
        let seals = Seals::new(&ring.keys, realm);
        let realm_digest = hex(&digest(&[b"realm", realm.as_bytes()])[..8]);
        let store = self.store.unwrap_or_else(|| Arc::new(Memory::new()));
        ring.introduce(store.is_durable());
        let core = Core {
            signature: Signature::of(&self.info),
            info: self.info,
            instructions: self.instructions,
            announce: self.announce,
            catalog: Catalog::new(shelf),
            mounts: self.mounts,
            states: Arc::new(self.states),
            hooks: self.hooks,
            events: self.events,
            words: self.words,
            limits: self.limits,
            times: self.times,
            dialects: self.dialects,
            directory: Directory::new(),
            drain: Drain::new(ring.lasts()),
            keeping: Keeping::new(store, self.times.store),
            touched: durable::Touched::default(),
            recovery: self.recovery,
            returns: Returns::default(),
            peers: Peers::default(),
            listens: Listens::default(),
            lists: Lists::new(Cursors::random()?),
            seals,
            caching: self.caching,
            always_replays: self.always_replays,
            reaper: Reaper::default(),
            budget: Budget::new(self.limits.events),
            kept: Kept::default(),
            born: Instant::now(),
            node: getrandom::u64()?,
            nodes: Nodes::default(),
            realm: realm_digest,
            epoch: unix_time(),
            farewells: Mutex::default(),
        };
        Ok(Handle::new(Arc::new(core)))
    }
}

fn unix_time() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn shelf(components: &[Component], states: &States) -> Result<Shelf> {
    states.keeps.check()?;
    let mut shelf = Shelf::default();
    for component in components {
        check(component, states)?;
        if shelf.put(component, &mut Touched::default()) {
            return Err(Error::config(format!("there are two components of the name {component}")));
        }
    }
    Ok(shelf)
}

/// Whether a component was made rightly and has what it needs.
pub(super) fn check(component: &Component, states: &States) -> Result {
    component.check()?;
    let mut needs = Needs::default();
    component.needs(&mut needs);
    states.check(&needs).map_err(|error| Error::config(format!("{component}: {error}")))?;
    let missing: HashMap<_, _> = needs.states.into_iter().filter(|(id, _)| !states.has(*id)).collect();
    match missing.values().min() {
        Some(name) => {
            let text = format!("{component} takes `State<{name}>`, but the server has none: add .state(..)");
            Err(Error::config(text))
        }
        None => Ok(()),
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(type_name::<Self>()).field("name", &self.info.name).finish_non_exhaustive()
    }
}
