//! What a server does besides its components: callbacks with defaults.

use std::fmt;

use anpu_proto::fault::Fault;
use anpu_proto::model::{
    Call, CallToolRequestParams, CallToolResult, CompleteRequestParams, GetPromptRequestParams, GetPromptResult,
    InitializeRequestParams, Notice, ReadResourceResult, Reply,
};

use super::recovery::{NotRecovered, Proof, Recovering};
use crate::component::Completion;
use crate::error::Result;
use crate::handler::{BoxFuture, Cx};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The client ended it.
    Deleted,
    /// It was not used for longer than the idle timeout. It comes back when its client does.
    Idle,
    /// It was the longest idle one when another one needed its place. It comes back when its client does.
    Evicted,
    /// Its connection is gone.
    Disconnected,
    /// The server closed it.
    Closed,
}

/// Callbacks of a server. Every method has a default that does nothing.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::model::{CallToolRequestParams, CallToolResult};
///
/// struct Fallback;
///
/// impl Hooks for Fallback {
///     async fn call_tool(&self, _: &Cx, call: &CallToolRequestParams) -> Result<Option<CallToolResult>> {
///         Ok(call.name.starts_with("echo_").then(|| CallToolResult::text(&call.name)))
///     }
/// }
///
/// let server = Server::new("demo", "1.0.0").hooks(Fallback);
/// ```
pub trait Hooks: Send + Sync + 'static {
    /// A client opens a session. An error refuses it, and the client gets the text.
    fn initialize(&self, cx: &Cx, params: &InitializeRequestParams) -> impl Future<Output = Result> + Send {
        let _ = (cx, params);
        async { Ok(()) }
    }

    /// A session that is not served any more comes back: after it was idle, after a restart, on another node. What
    /// `recovering` says of it may be changed. `cx` has the headers and the principal of the request that names it.
    ///
    /// # Errors
    ///
    /// The session does not come back, and the client gets the message with the status.
    fn recover(
        &self,
        cx: &Cx,
        proof: Proof,
        recovering: &mut Recovering,
    ) -> impl Future<Output = Result<(), NotRecovered>> + Send {
        let _ = (cx, proof, recovering);
        async { Ok(()) }
    }

    /// A session ended, or is not served any more for now.
    fn terminate(&self, session: &str, why: Ended) -> impl Future<Output = ()> + Send {
        let _ = (session, why);
        async {}
    }

    /// The client said something: that it is ready, that its roots changed, how far it is, or a registered word.
    fn notification(&self, cx: &Cx, notice: &Notice) -> impl Future<Output = ()> + Send {
        let _ = (cx, notice);
        async {}
    }

    /// The client wants to watch a resource. An error refuses it.
    fn subscribe(&self, cx: &Cx, uri: &str) -> impl Future<Output = Result> + Send {
        let _ = (cx, uri);
        async { Ok(()) }
    }

    /// The client no longer watches a resource.
    fn unsubscribe(&self, cx: &Cx, uri: &str) -> impl Future<Output = Result> + Send {
        let _ = (cx, uri);
        async { Ok(()) }
    }

    /// Completes an argument that has no completer of its own; `None` completes nothing.
    fn complete(
        &self,
        cx: &Cx,
        params: &CompleteRequestParams,
    ) -> impl Future<Output = Result<Option<Completion>>> + Send {
        let _ = (cx, params);
        async { Ok(None) }
    }

    /// A tool that no catalog and no provider has; `None` if this has not either.
    fn call_tool(
        &self,
        cx: &Cx,
        params: &CallToolRequestParams,
    ) -> impl Future<Output = Result<Option<CallToolResult>>> + Send {
        let _ = (cx, params);
        async { Ok(None) }
    }

    /// A resource that no catalog and no provider has; `None` if this has not either.
    fn read_resource(&self, cx: &Cx, uri: &str) -> impl Future<Output = Result<Option<ReadResourceResult>>> + Send {
        let _ = (cx, uri);
        async { Ok(None) }
    }

    /// A prompt that no catalog and no provider has; `None` if this has not either.
    fn get_prompt(
        &self,
        cx: &Cx,
        params: &GetPromptRequestParams,
    ) -> impl Future<Output = Result<Option<GetPromptResult>>> + Send {
        let _ = (cx, params);
        async { Ok(None) }
    }

    /// Wraps or replaces the handling of every call; `next.run(cx, call)` is what would have happened.
    ///
    /// In versions of the protocol without sessions, a handler that [asks](Cx::ask) is let go and runs again when the
    /// client comes back with the answers, and so does this around it: at the question it is dropped at its `.await` of
    /// `next.run`, so what it does behind that happens in the last round only, and what it does before happens in each.
    /// What must end with every round (a timer, a counter of what is running) belongs into a value that is dropped with it;
    /// what must happen once belongs into [`once`](Cx::once).
    fn around(&self, cx: &Cx, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply, Fault>> + Send {
        next.run(cx, call)
    }
}

/// What [`Hooks::around`] wraps.
pub struct Next<'a> {
    pub(super) run: &'a (dyn Fn(Cx, Call) -> BoxFuture<'static, Result<Reply, Fault>> + Send + Sync),
}

impl Next<'_> {
    /// Does what would have been done without the hook.
    ///
    /// # Errors
    ///
    /// What the client would have got.
    pub fn run(self, cx: &Cx, call: Call) -> impl Future<Output = Result<Reply, Fault>> + Send + use<> {
        (self.run)(cx.clone(), call)
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

/// The dyn twin of [`Hooks`].
pub(crate) trait AnyHooks: Send + Sync {
    fn initialize<'a>(&'a self, cx: &'a Cx, params: &'a InitializeRequestParams) -> BoxFuture<'a, Result>;
    fn recover<'a>(
        &'a self,
        cx: &'a Cx,
        proof: Proof,
        recovering: &'a mut Recovering,
    ) -> BoxFuture<'a, Result<(), NotRecovered>>;
    fn terminate<'a>(&'a self, session: &'a str, why: Ended) -> BoxFuture<'a, ()>;
    fn notification<'a>(&'a self, cx: &'a Cx, notice: &'a Notice) -> BoxFuture<'a, ()>;
    fn subscribe<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result>;
    fn unsubscribe<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result>;
    fn complete<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a CompleteRequestParams,
    ) -> BoxFuture<'a, Result<Option<Completion>>>;
    fn call_tool<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a CallToolRequestParams,
    ) -> BoxFuture<'a, Result<Option<CallToolResult>>>;
    fn read_resource<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result<Option<ReadResourceResult>>>;
    fn get_prompt<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a GetPromptRequestParams,
    ) -> BoxFuture<'a, Result<Option<GetPromptResult>>>;
    fn around<'a>(&'a self, cx: &'a Cx, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Fault>>;
}

impl<H: Hooks> AnyHooks for H {
    fn initialize<'a>(&'a self, cx: &'a Cx, params: &'a InitializeRequestParams) -> BoxFuture<'a, Result> {
        Box::pin(Hooks::initialize(self, cx, params))
    }

    fn recover<'a>(
        &'a self,
        cx: &'a Cx,
        proof: Proof,
        recovering: &'a mut Recovering,
    ) -> BoxFuture<'a, Result<(), NotRecovered>> {
        Box::pin(Hooks::recover(self, cx, proof, recovering))
    }

    fn terminate<'a>(&'a self, session: &'a str, why: Ended) -> BoxFuture<'a, ()> {
        Box::pin(Hooks::terminate(self, session, why))
    }

    fn notification<'a>(&'a self, cx: &'a Cx, notice: &'a Notice) -> BoxFuture<'a, ()> {
        Box::pin(Hooks::notification(self, cx, notice))
    }

    fn subscribe<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(Hooks::subscribe(self, cx, uri))
    }

    fn unsubscribe<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(Hooks::unsubscribe(self, cx, uri))
    }

    fn complete<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a CompleteRequestParams,
    ) -> BoxFuture<'a, Result<Option<Completion>>> {
        Box::pin(Hooks::complete(self, cx, params))
    }

    fn call_tool<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a CallToolRequestParams,
    ) -> BoxFuture<'a, Result<Option<CallToolResult>>> {
        Box::pin(Hooks::call_tool(self, cx, params))
    }

    fn read_resource<'a>(&'a self, cx: &'a Cx, uri: &'a str) -> BoxFuture<'a, Result<Option<ReadResourceResult>>> {
        Box::pin(Hooks::read_resource(self, cx, uri))
    }

    fn get_prompt<'a>(
        &'a self,
        cx: &'a Cx,
        params: &'a GetPromptRequestParams,
    ) -> BoxFuture<'a, Result<Option<GetPromptResult>>> {
        Box::pin(Hooks::get_prompt(self, cx, params))
    }

    fn around<'a>(&'a self, cx: &'a Cx, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Fault>> {
        Box::pin(Hooks::around(self, cx, call, next))
    }
}
