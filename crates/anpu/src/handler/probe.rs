//! A request without a server, for the unit tests of handlers.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::model::{Answer, Ask, ClientCapabilities, Implementation, LoggingLevel, Meta, Notice};
use anpu_proto::session::Peer;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::watch;

use super::durable::{Cell, Durable, LocalCell, Place};
use super::{BoxFuture, Cx, Facts, Findings, Port, States};
use crate::auth::Principal;
use crate::error::{Error, ErrorKind, Result};

impl Cx {
    /// A handle on a request that nobody made, for unit tests: what is said to it goes nowhere.
    ///
    /// A [`Probe`] is for tests that give the handler states, headers or a principal, or that look at what it said.
    ///
    /// ```
    /// use anpu::Cx;
    ///
    /// async fn greet(name: String, cx: Cx) -> String {
    ///     cx.info("greeting").await;
    ///     format!("Hello, {name}")
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// assert_eq!(greet("you".into(), Cx::test()).await, "Hello, you");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn test() -> Self {
        Probe::new().cx()
    }
}

/// A request that nobody made, with what a test gives it, and with an ear for what the handler says.
///
/// ```
/// use anpu::model::Notice;
/// use anpu::{Cx, FromCx, Probe, State};
///
/// async fn work(cx: Cx) -> anpu::Result<usize> {
///     let name = State::<String>::from_cx(&cx).await?;
///     cx.progress(0.5, "half").await;
///     Ok(name.len())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let probe = Probe::new().state(String::from("three")).progress_token("p1").header("x-tenant", "acme");
/// assert_eq!(work(probe.cx()).await?, 5);
/// assert!(matches!(probe.said().as_slice(), [Notice::Progress(_)]));
/// # Ok::<(), anpu::Error>(())
/// # })?;
/// # Ok::<(), anpu::Error>(())
/// ```
#[derive(Clone)]
pub struct Probe {
    facts: Facts,
    states: States,
    deadline: Option<Instant>,
    answers: BTreeMap<String, Answer>,
    session: Arc<LocalCell>,
    user: Arc<LocalCell>,
    ear: Arc<Ear>,
}

/// What a probe's handles share.
struct Ear {
    said: Mutex<Vec<Notice>>,
    cancelled: watch::Sender<bool>,
}

impl Probe {
    /// A request of an anonymous client that can do nothing.
    pub fn new() -> Self {
        let facts = Facts {
            id: None,
            dialect: newest(),
            peer: Peer::unknown(),
            meta: Meta::default(),
            headers: HeaderMap::new(),
            extensions: Findings::default(),
            principal: None,
            session: None,
            recovered: false,
            states: Arc::default(),
        };
        let ear = Ear { said: Mutex::default(), cancelled: watch::Sender::new(false) };
        let answers = BTreeMap::new();
        let [session, user] = [(); 2].map(|()| Arc::new(LocalCell::new(usize::MAX)));
        Self { facts, states: States::default(), deadline: None, answers, session, user, ear: Arc::new(ear) }
    }

    /// Gives the handlers a state, as the server's `.state(..)` does.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(Arc::new(value));
        self
    }

    /// Adds a header of the HTTP request.
    ///
    /// # Panics
    ///
    /// If it is not a valid header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse::<HeaderName>().expect("a test gives a valid header name");
        let value = value.parse::<HeaderValue>().expect("a test gives a valid header value");
        self.facts.headers.append(name, value);
        self
    }

    /// Puts a value into the extensions of the HTTP request.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.facts.extensions.insert(value);
        self
    }

    /// Adds a member of the request's `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.facts.meta.insert(key, value.into());
        self
    }

    /// Asks for progress, under this token.
    #[must_use]
    pub fn progress_token(self, token: impl Into<Value>) -> Self {
        self.meta("progressToken", token)
    }

    /// Says who is asking.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.facts.principal = Some(principal);
        self
    }

    /// Says which client is asking, and what it can do.
    #[must_use]
    pub fn client(mut self, info: Implementation, capabilities: ClientCapabilities) -> Self {
        self.facts.peer = Arc::new(Peer::new(info, capabilities));
        self
    }

    /// Gives the request the id of a session.
    #[must_use]
    pub fn session_id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.facts.session = Some(id.into());
        self
    }

    /// Says when the request times out; nothing happens then, the handler only sees it.
    #[must_use]
    pub fn deadline(mut self, at: Instant) -> Self {
        self.deadline = Some(at);
        self
    }

    /// Answers the question of this key, in the words of the specification, whenever it is asked.
    #[must_use]
    pub fn answer(mut self, key: impl Into<String>, answer: Answer) -> Self {
        self.answers.insert(key.into(), answer);
        self
    }

    /// Keeps a value for the session of the request, beside those of other types. Without this, each has its default.
    ///
    /// ```
    /// use anpu::{FromCx, Probe, Session};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let probe = Probe::new().session(vec![1_u8, 2, 3]);
    /// let numbers = Session::<Vec<u8>>::from_cx(&probe.cx()).await?;
    /// assert_eq!(numbers.read().await?, [1, 2, 3]);
    /// # Ok::<(), anpu::Error>(())
    /// # })?;
    /// # Ok::<(), anpu::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the value cannot be written as JSON.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "as a state is given")]
    pub fn session<T: Durable>(self, value: T) -> Self {
        self.keep(&self.session, &value);
        self
    }

    /// Keeps a value for the principal of the request, who must be [given](Self::principal), too.
    ///
    /// # Panics
    ///
    /// If the value cannot be written as JSON.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "as a state is given")]
    pub fn user<T: Durable>(self, value: T) -> Self {
        self.keep(&self.user, &value);
        self
    }

    fn keep<T: Durable>(&self, cell: &LocalCell, value: &T) {
        let filled = self.states.keeps.of::<T>().and_then(|kept| cell.fill(&kept, value));
        filled.expect("a test gives values that can be written, of types of different names");
    }

    /// The handle to give to a handler.
    pub fn cx(&self) -> Cx {
        let mut facts = self.facts.clone();
        facts.states = Arc::new(self.states.clone());
        let answers = self.answers.clone();
        let (session, user) = (Arc::clone(&self.session), Arc::clone(&self.user));
        Cx::new(Arc::new(Still { facts, deadline: self.deadline, answers, session, user, ear: Arc::clone(&self.ear) }))
    }

    /// What was said so far, oldest first: log messages of every level, and progress if there is a token for it.
    pub fn said(&self) -> Vec<Notice> {
        self.ear.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cancels the request.
    pub fn cancel(&self) {
        self.ear.cancelled.send_replace(true);
    }
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("facts", &self.facts).field("states", &self.states).finish_non_exhaustive()
    }
}

fn newest() -> &'static Dialect {
    dialect::ALL.first().expect("there is a dialect")
}

/// The port of a request that stands still.
struct Still {
    facts: Facts,
    deadline: Option<Instant>,
    answers: BTreeMap<String, Answer>,
    session: Arc<LocalCell>,
    user: Arc<LocalCell>,
    ear: Arc<Ear>,
}

impl Port for Still {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn say(&self, notice: Notice) {
        self.ear.said.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    fn ask(&self, key: &str, _: Ask, _: Duration) -> BoxFuture<'static, Result<Answer>> {
        let answer = self.answers.get(key).cloned();
        let missing = || Error::new(ErrorKind::TimedOut, "nobody answers this question: give the probe an .answer(..)");
        Box::pin(async move { answer.ok_or_else(missing) })
    }

    fn cell(&self, place: Place) -> Result<Arc<dyn Cell>> {
        Ok(match place {
            Place::Session => Arc::clone(&self.session) as _,
            Place::User => Arc::clone(&self.user) as _,
        })
    }

    fn hears(&self, _level: LoggingLevel) -> bool {
        true
    }

    fn is_cancelled(&self) -> bool {
        *self.ear.cancelled.borrow()
    }

    fn cancelled(&self) -> BoxFuture<'_, ()> {
        let mut cancelled = self.ear.cancelled.subscribe();
        Box::pin(async move {
            // The sender lives in `self`, so that this ends only with a cancellation.
            let _ = cancelled.wait_for(|cancelled| *cancelled).await;
        })
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{Extension, FromCx, Session, State, User};

    #[tokio::test]
    async fn a_handler_gets_what_the_test_gives() {
        let probe = Probe::new().state(7_u8).extension("layer").header("x-a", "b").principal(Principal::new("me"));
        let cx = probe.cx();
        assert_eq!(*State::<u8>::from_cx(&cx).await.unwrap(), 7);
        assert!(State::<u16>::from_cx(&cx).await.is_err());
        assert_eq!(Extension::<&str>::from_cx(&cx).await.unwrap().0, "layer");
        assert_eq!(cx.headers()["x-a"], "b");
        assert_eq!(cx.principal().unwrap().subject(), "me");
    }

    #[tokio::test]
    async fn state_belongs_to_the_request_and_not_from_one_place_to_another() {
        let probe = Probe::new().session(1_u8).principal(Principal::new("me")).user(2_u8).user(3_u16);
        let (session, user) = (Session::<u8>::from_cx(&probe.cx()).await, User::<u8>::from_cx(&probe.cx()).await);
        session
            .unwrap()
            .update(|value| {
                *value += 10;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(Session::<u8>::from_cx(&probe.cx()).await.unwrap().read().await.unwrap(), 11);
        assert_eq!(user.unwrap().read().await.unwrap(), 2);
        assert_eq!(Session::<u16>::from_cx(&probe.cx()).await.unwrap().read().await.unwrap(), 0);
        assert!(User::<u8>::from_cx(&Probe::new().user(2_u8).cx()).await.is_err(), "nobody asks");
    }

    #[tokio::test]
    async fn what_is_said_is_heard_and_progress_only_with_a_token() {
        let quiet = Probe::new();
        quiet.cx().progress(0.5, "half").await;
        assert!(quiet.said().is_empty());
        let probe = Probe::new().progress_token(7);
        probe.cx().progress(0.5, "half").await;
        probe.cx().warning("careful").await;
        assert!(matches!(probe.said().as_slice(), [Notice::Progress(_), Notice::Message(_)]));
    }

    #[tokio::test]
    async fn a_cancelled_request_is_seen_by_all_its_handles() {
        let probe = Probe::new();
        let (cx, other) = (probe.cx(), probe.cx());
        assert!(!cx.is_cancelled());
        let waiting = tokio::spawn(async move { other.cancelled().await });
        probe.cancel();
        waiting.await.unwrap();
        assert!(cx.is_cancelled());
    }
}
