//! A server and a client joined by memory, for users' own tests; the client knows only what goes over the wire.

mod faulty_store;
mod replay;
pub mod store_contract;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{self, ErrorObject, Id, Message, write};
use anpu_proto::model::{
    CallToolResult, ClientCapabilities, CompleteReference, CompleteRequestParams, CompleteResult, Completion,
    GetPromptResult, Implementation, InitializeRequestParams, InitializeResult, Notice, Prompt, ReadResourceResult,
    Resource, ResourceTemplate, Tool,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};
use crate::handler::BoxFuture;
use crate::server::{Handle, Server};
use crate::transport::Line;

pub use faulty_store::{Faults, FaultyStore};

type Answer = Result<Value, Fault>;
type Answerer = Arc<dyn Fn(String, Value) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A client joined to a server by memory, after the handshake: what it sees is what any client would see.
///
/// An error of the server comes back as [`Fault::Other`], with its number, text and data. When the client is dropped,
/// its connection is over and what it still waits for is cancelled.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::testing::Client;
/// use serde_json::json;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(a: f64, b: f64) -> f64 { a + b }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anpu::Result {
/// let client = Client::connect(Server::new("calculator", "1.0.0").with(components![add])).await?;
/// assert_eq!(client.list_tools().await?[0].name, "add");
///
/// let sum = client.call_tool("add", json!({ "a": 1, "b": 2 })).await?;
/// assert_eq!(sum.content[0].as_text(), Some("3"));
///
/// let wrong = client.call_tool("add", json!({ "a": "one" })).await?;
/// assert!(wrong.is_error());
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it ends its connection"]
pub struct Client {
    joined: Arc<Joined>,
    server: Handle,
    introduced: InitializeResult,
    pump: JoinHandle<()>,
}

impl Client {
    /// Connects to a server, and opens a session when awaited. Must be called within a tokio runtime.
    ///
    /// ```
    /// use anpu::prelude::*;
    /// use anpu::model::ClientCapabilities;
    /// use anpu::testing::Client;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anpu::Result {
    /// let server = Server::new("quiet", "1.0.0").build()?;
    /// let first = Client::connect(&server).await?;
    /// let second = Client::connect(&server)
    ///     .capabilities(ClientCapabilities::default())
    ///     .answer(|_method, _params| async { Ok(json!({ "action": "decline" })) })
    ///     .await?;
    /// assert_eq!(server.sessions().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(server: impl Into<Connecting>) -> Connecting {
        server.into()
    }

    /// The server from outside.
    pub fn server(&self) -> &Handle {
        &self.server
    }

    /// How the server introduced itself: its name, what it offers, its instructions, the version that is spoken.
    pub fn introduced(&self) -> &InitializeResult {
        &self.introduced
    }

    /// Calls a tool with these arguments, an object (or `null` for none).
    ///
    /// # Errors
    ///
    /// A protocol error. That the tool failed is none: see [`CallToolResult::is_error`].
    pub async fn call_tool(&self, name: &str, arguments: Value) -> Result<CallToolResult, Fault> {
        self.ask("tools/call", call(name, arguments)).await
    }

    /// All tools, from all pages.
    ///
    /// # Errors
    ///
    /// A protocol error.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, Fault> {
        self.list("tools").await
    }

    /// All prompts, from all pages.
    ///
    /// # Errors
    ///
    /// A protocol error.
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, Fault> {
        self.list("prompts").await
    }

    /// All resources, from all pages.
    ///
    /// # Errors
    ///
    /// A protocol error.
    pub async fn list_resources(&self) -> Result<Vec<Resource>, Fault> {
        self.list("resources").await
    }

    /// All resource templates, from all pages.
    ///
    /// # Errors
    ///
    /// A protocol error.
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, Fault> {
        self.list("resources/templates").await
    }

    /// Reads a resource.
    ///
    /// # Errors
    ///
    /// A protocol error, such as an unknown URI.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, Fault> {
        self.ask("resources/read", json!({ "uri": uri })).await
    }

    /// Gets a prompt with these arguments, an object of strings (or `null` for none).
    ///
    /// # Errors
    ///
    /// A protocol error, such as a missing argument.
    pub async fn get_prompt(&self, name: &str, arguments: Value) -> Result<GetPromptResult, Fault> {
        self.ask("prompts/get", call(name, arguments)).await
    }

    /// What the server proposes for an argument of a prompt or a variable of a template.
    ///
    /// # Errors
    ///
    /// A protocol error.
    pub async fn complete(
        &self,
        reference: CompleteReference,
        argument: &str,
        typed: &str,
    ) -> Result<Completion, Fault> {
        let params = CompleteRequestParams::new(reference, argument, typed);
        let result: CompleteResult = self.ask("completion/complete", params).await?;
        Ok(result.completion)
    }

    /// Makes any request: `null` leaves the params out.
    ///
    /// The request is on its way when this returns, and can be cancelled; awaiting it gives the result.
    pub fn request(&self, method: &str, params: impl Serialize) -> Request {
        self.joined.request(method, &params)
    }

    /// Sends any notification: `null` leaves the params out.
    pub fn notify(&self, method: &str, params: impl Serialize) {
        self.joined.notify(method, &params);
    }

    /// The notifications that came and were not taken before, oldest first.
    ///
    /// What the server said before it answered a request has come when the answer has.
    pub fn notices(&self) -> Vec<Notice> {
        self.joined.lock().notices.drain(..).collect()
    }

    /// Waits for the next notification; none when the connection is over.
    pub async fn notice(&self) -> Option<Notice> {
        loop {
            let rung = self.joined.bell.notified();
            {
                let mut heard = self.joined.lock();
                if let Some(notice) = heard.notices.pop_front() {
                    return Some(notice);
                }
                if heard.over {
                    return None;
                }
            }
            rung.await;
        }
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, params: impl Serialize) -> Result<T, Fault> {
        let result = self.request(method, params).await?;
        let unread = |error| Fault::Internal(format!("the result of `{method}` cannot be read: {error}"));
        serde_json::from_value(result).map_err(unread)
    }

    /// `what` is also the last word of the name of the result's member.
    async fn list<T: DeserializeOwned>(&self, what: &str) -> Result<Vec<T>, Fault> {
        let member = if what == "resources/templates" { "resourceTemplates" } else { what };
        let (mut all, mut params) = (Vec::new(), json!({}));
        loop {
            let mut page: Map<String, Value> = self.ask(&format!("{what}/list"), &params).await?;
            let items = page.remove(member).unwrap_or_default();
            let unread = |error| Fault::Internal(format!("`{member}` of a list cannot be read: {error}"));
            all.extend(serde_json::from_value::<Vec<T>>(items).map_err(unread)?);
            match page.remove("nextCursor") {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return Ok(all),
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.introduced.server_info.name).finish_non_exhaustive()
    }
}

fn call(name: &str, arguments: Value) -> Value {
    match arguments {
        Value::Null => json!({ "name": name }),
        arguments => json!({ "name": name, "arguments": arguments }),
    }
}

/// A [`Client`] before its handshake, which happens when this is awaited.
#[must_use = "the handshake happens when it is awaited"]
pub struct Connecting {
    server: Result<Handle>,
    version: Option<String>,
    capabilities: ClientCapabilities,
    info: Implementation,
    answerer: Option<Answerer>,
}

impl Connecting {
    /// Speaks this version of the specification. Default: the newest of the server's that has sessions.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Says that the client can do this. Default: nothing.
    pub fn capabilities(mut self, capabilities: ClientCapabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Says who the client is.
    pub fn info(mut self, info: Implementation) -> Self {
        self.info = info;
        self
    }

    /// Answers the server's questions: method and params in, result out. Default: only `ping` is answered.
    pub fn answer<F, Fut>(mut self, answer: F) -> Self
    where
        F: Fn(String, Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, Fault>> + Send + 'static,
    {
        self.answerer = Some(Arc::new(move |method, params| Box::pin(answer(method, params))));
        self
    }

    async fn open(self) -> Result<Client> {
        let server = self.server?;
        let line = server.connect()?;
        let joined = Arc::new(Joined::new(line, self.answerer));
        let pump = tokio::spawn(Arc::clone(&joined).pump());
        let newest = || dialect::negotiate("", &server.core().dialects).version.to_owned();
        let version = self.version.unwrap_or_else(newest);
        let params = InitializeRequestParams::new(&*version, self.capabilities, self.info);
        let introduced: InitializeResult = serde_json::from_value(joined.request("initialize", &params).await?)?;
        if introduced.protocol_version != version {
            let spoken = &introduced.protocol_version;
            let text = format!("the client asked for version {version}, but the server speaks {spoken} with it");
            return Err(Error::config(text));
        }
        let _ = dialect::named(&version).map(|dialect| joined.dialect.set(dialect));
        joined.notify("notifications/initialized", &Value::Null);
        Ok(Client { joined, server, introduced, pump })
    }
}

impl IntoFuture for Connecting {
    type Output = Result<Client>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Client>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}

impl From<Server> for Connecting {
    fn from(server: Server) -> Self {
        let (capabilities, info) = (ClientCapabilities::default(), Implementation::new("test", "0.0.0"));
        Self { server: server.build(), version: None, capabilities, info, answerer: None }
    }
}

impl From<&Handle> for Connecting {
    fn from(server: &Handle) -> Self {
        let (capabilities, info) = (ClientCapabilities::default(), Implementation::new("test", "0.0.0"));
        Self { server: Ok(server.clone()), version: None, capabilities, info, answerer: None }
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").field("version", &self.version).finish_non_exhaustive()
    }
}

/// A request on its way; awaiting it gives the result. Dropped before that, it is cancelled.
#[must_use = "a request that is dropped is cancelled"]
pub struct Request {
    id: i64,
    joined: Arc<Joined>,
    answer: oneshot::Receiver<Answer>,
}

impl Request {
    /// The id under which it went out.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Cancels it: the server is told, and its answer, if there still is one, is not heard.
    pub fn cancel(self) {}
}

impl Future for Request {
    type Output = Result<Value, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(Pin::new(&mut self.answer).poll(cx));
        Poll::Ready(answer.unwrap_or(Err(Fault::Cancelled)))
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if self.joined.lock().waiting.remove(&self.id).is_some() {
            self.joined.notify("notifications/cancelled", &json!({ "requestId": self.id }));
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a client, its requests and the task that listens share.
struct Joined {
    line: Line,
    dialect: OnceLock<&'static Dialect>,
    answerer: Option<Answerer>,
    heard: Mutex<Heard>,
    bell: Notify,
}

#[derive(Default)]
struct Heard {
    requests: i64,
    waiting: HashMap<i64, oneshot::Sender<Answer>>,
    notices: VecDeque<Notice>,
    over: bool,
}

impl Joined {
    fn new(line: Line, answerer: Option<Answerer>) -> Self {
        Self { line, dialect: OnceLock::new(), answerer, heard: Mutex::default(), bell: Notify::new() }
    }

    fn request(self: &Arc<Self>, method: &str, params: &impl Serialize) -> Request {
        let (sender, answer) = oneshot::channel();
        let mut heard = self.lock();
        heard.requests += 1;
        let id = heard.requests;
        match raw(params) {
            Ok(_) if heard.over => drop(sender),
            Ok(params) => {
                heard.waiting.insert(id, sender);
                drop(heard);
                self.line.send(write::request(&Id::Number(id), method, params.as_deref()));
            }
            Err(fault) => drop(sender.send(Err(fault))),
        }
        Request { id, joined: Arc::clone(self), answer }
    }

    fn notify(&self, method: &str, params: &impl Serialize) {
        match raw(params) {
            Ok(params) => self.line.send(write::notification(method, params.as_deref())),
            Err(fault) => tracing::warn!(%fault, "a notification was not sent"),
        }
    }

    /// Listens until the connection is over.
    async fn pump(self: Arc<Self>) {
        while let Some(text) = self.line.next().await {
            self.hear(&text);
        }
        let mut heard = self.lock();
        heard.over = true;
        heard.waiting.clear();
        drop(heard);
        self.bell.notify_waiters();
    }

    fn hear(self: &Arc<Self>, text: &str) {
        match jsonrpc::parse(text.as_bytes(), &jsonrpc::Limits::default()) {
            Ok(Message::Response { id: Some(Id::Number(id)), outcome }) => {
                let waiting = self.lock().waiting.remove(&id);
                let outcome = outcome.map_err(fault_of).and_then(value);
                // Nobody waits any more if the request was cancelled.
                let _ = waiting.map(|waiting| waiting.send(outcome));
            }
            Ok(Message::Notice { method, params }) => self.noticed(&method, params),
            Ok(Message::Request { id, method, params }) => self.asked(id, method.into_owned(), params),
            Ok(other) => tracing::warn!(?other, "a message belongs to nothing"),
            Err(rejected) => tracing::error!(reason = %rejected.reason, "the server sent what is no message"),
        }
    }

    fn noticed(&self, method: &str, params: Option<&RawValue>) {
        let dialect = self.dialect.get().or_else(|| dialect::ALL.first()).expect("there is at least one dialect");
        match dialect.read_notice(method, params) {
            Ok(notice) => self.lock().notices.push_back(notice),
            Err(fault) => tracing::error!(%method, %fault, "the server sent a notification that cannot be read"),
        }
        self.bell.notify_waiters();
    }

    fn asked(self: &Arc<Self>, id: Id, method: String, params: Option<&RawValue>) {
        let answering: BoxFuture<'static, Answer> = match (&self.answerer, params.map_or(Ok(Value::Null), value)) {
            (_, Err(fault)) => Box::pin(async { Err(fault) }),
            _ if method == "ping" => Box::pin(async { Ok(json!({})) }),
            (Some(answerer), Ok(params)) => answerer(method, params),
            (None, _) => Box::pin(async { Err(Fault::MethodNotFound(method)) }),
        };
        let joined = Arc::downgrade(self);
        tokio::spawn(async move {
            let text = match answering.await {
                Ok(result) => write::result(&id, |out| serde_json::to_writer(out, &result)),
                Err(fault) => Ok(write::error(Ok(&id), fault.base_code(), &fault.to_string(), fault.data().as_ref())),
            };
            if let (Some(joined), Ok(text)) = (joined.upgrade(), text) {
                joined.line.send(text);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Every change is complete before the lock is let go.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn raw(params: &impl Serialize) -> Result<Option<Box<RawValue>>, Fault> {
    let raw = to_raw_value(params).map_err(|error| Fault::InvalidParams(error.to_string()))?;
    Ok((raw.get() != "null").then_some(raw))
}

fn value(raw: &RawValue) -> Result<Value, Fault> {
    serde_json::from_str(raw.get()).map_err(|error| Fault::Internal(error.to_string()))
}

fn fault_of(error: ErrorObject) -> Fault {
    let data = error.data.and_then(|raw| value(&raw).ok());
    Fault::Other { code: i32::try_from(error.code).unwrap_or(i32::MAX), message: error.message, data }
}
