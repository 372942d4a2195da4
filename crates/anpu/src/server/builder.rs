//! Putting a server together.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anpu_proto::dialect::{self, Dialect, Era};
use anpu_proto::model::{Icon, Implementation, ServerCapabilities};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::budget::{Budget, Kept};
use super::core::{Announce, Core};
use super::directory::Directory;
use super::events::Events;
use super::extension::{ProtocolExtension, Words};
use super::handle::Handle;
use super::hooks::{AnyHooks, Hooks};
use super::lists::Lists;
use super::reaper::Reaper;
use super::settings::{Limits, Times};
use crate::component::{Catalog, Component, Components, Cursors, Mount, Provider, Shelf, Touched};
use crate::error::{Error, Result};
use crate::handler::{Cx, Needs, States};

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
    states: States,
    hooks: Option<Arc<dyn AnyHooks>>,
    events: Events,
    words: Words,
    pub(crate) limits: Limits,
    pub(crate) times: Times,
    dialects: Vec<&'static Dialect>,
    unknown_versions: Vec<String>,
    pub(crate) door: crate::server::Door,
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
            dialects: served().collect(),
            unknown_versions: Vec::new(),
            door: crate::server::Door::default(),
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
        self.dialects = served().filter(|dialect| wanted.iter().any(|version| version == dialect.version)).collect();
        let is_served = |version: &String| served().any(|dialect| dialect.version == version);
        self.unknown_versions = wanted.into_iter().filter(|version| !is_served(version)).collect();
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

    /// How long running requests get when the transport ends. Default: 5 s.
    pub fn drain(mut self, time: Duration) -> Self {
        self.times.drain = time;
        self
    }

    /// Checks the server and makes it ready to be served.
    ///
    /// # Errors
    ///
    /// Of kind [`Config`](crate::ErrorKind::Config): two components of one name, a component that was made wrongly,
    /// a handler whose [`State`](crate::State) was not given, an unknown version.
    pub fn build(self) -> Result<Handle> {
        if let Some(version) = self.unknown_versions.first() {
            let known: Vec<_> = served().map(|dialect| dialect.version).collect();
            return Err(Error::config(format!(
                "version `{version}` is not served; this build serves {}",
                known.join(", ")
            )));
        }
        if self.dialects.is_empty() {
            return Err(Error::config("a server speaks at least one version: .versions([..]) was given none"));
        }
        let shelf = shelf(&self.components, &self.states)?;
        let core = Core {
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
            lists: Lists::new(Cursors::random()?),
            reaper: Reaper::default(),
            budget: Budget::new(self.limits.events),
            kept: Kept::default(),
            born: Instant::now(),
            farewells: Mutex::default(),
        };
        Ok(Handle::new(Arc::new(core)))
    }
}

/// The dialects that this build serves: those with sessions.
fn served() -> impl Iterator<Item = &'static Dialect> {
    dialect::ALL.iter().copied().filter(|dialect| dialect.era == Era::Session)
}

fn shelf(components: &[Component], states: &States) -> Result<Shelf> {
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
