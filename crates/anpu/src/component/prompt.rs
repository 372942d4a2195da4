//! Prompts: messages that a user asks for, filled in with arguments.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::model::{self, GetPromptResult, Icon, PromptArgument};
use serde_json::Value;

use super::completion::{Completer, Completers, Completing, Completion};
use super::components::{Component, Kind};
use super::{Vars, name};
use crate::error::Result;
use crate::handler::{BoxFuture, Cx, FromCx, IntoMessages, Needs, failure, on_blocking_pool};

/// A prompt in the making: messages that a user asks for. Giving it a handler makes it a [`Component`].
///
/// ```
/// use anpu::model::PromptArgument;
/// use anpu::{Prompt, Vars};
///
/// let component = Prompt::new("review")
///     .description("Ask for a review")
///     .argument(PromptArgument::new("code").description("what to review").required(true))
///     .argument(PromptArgument::new("language"))
///     .complete("language", ["Rust", "Python"])
///     .handler(|vars: Vars, _| async move {
///         let code: String = vars.get("code")?;
///         let language = vars.optional::<String>("language")?.unwrap_or_else(|| "any".to_owned());
///         Ok::<_, anpu::Error>(format!("Review this ({language}):\n{code}"))
///     });
/// # let _ = component;
/// ```
#[derive(Debug)]
#[must_use = "a prompt without a handler does nothing: call `.handler(..)`"]
pub struct Prompt {
    spec: model::Prompt,
    needs: Needs,
    completers: Completers,
}

impl Prompt {
    /// A prompt of this name: 1 to 128 ASCII letters, digits, `_`, `-`, `.` and `/`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { spec: model::Prompt::new(name), needs: Needs::default(), completers: Completers::default() }
    }

    /// The name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.spec.title = Some(title.into());
        self
    }

    /// What it is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.spec.description = Some(text.into());
        self
    }

    /// Adds an icon.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.spec.icons.push(icon);
        self
    }

    /// Adds a member to its `_meta`.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.spec.meta.insert(key, value);
        self
    }

    /// Adds an argument. One that is required is there when the handler runs.
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.spec.arguments.push(argument);
        self
    }

    /// Says what completes an argument.
    pub fn complete(mut self, argument: impl Into<String>, completer: impl Completer) -> Self {
        self.completers.insert(argument.into(), completer);
        self
    }

    /// Says what the handler takes from its request, so that a state that is not there is told when the server is built.
    pub fn requires<X: FromCx>(mut self) -> Self {
        X::needs(&mut self.needs);
        self
    }

    /// Makes a component of it, with an async function.
    pub fn handler<F, Fut, R>(self, handler: F) -> Component
    where
        F: Fn(Vars, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoMessages,
    {
        let handler = Arc::new(handler);
        self.build(Arc::new(move |vars, cx| {
            let (handler, cx) = (Arc::clone(&handler), cx.clone());
            Box::pin(async move { messages(handler(vars, cx).await) })
        }))
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool and cannot be stopped.
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(Vars, Cx) -> R + Send + Sync + 'static,
        R: IntoMessages,
    {
        let handler = Arc::new(handler);
        self.build(Arc::new(move |vars, cx| {
            let (handler, cx) = (Arc::clone(&handler), cx.clone());
            Box::pin(async move { on_blocking_pool(move || messages(handler(vars, cx))).await? })
        }))
    }

    fn build(self, run: Run) -> Component {
        let Self { spec, needs, completers } = self;
        let mut mistakes: Vec<String> = name::check(&spec.name).err().into_iter().collect();
        for argument in completers.arguments() {
            if !spec.arguments.iter().any(|known| known.name == argument) {
                mistakes.push(format!("it completes `{argument}`, but has no such argument"));
            }
        }
        for (at, argument) in spec.arguments.iter().enumerate() {
            if spec.arguments[..at].iter().any(|before| before.name == argument.name) {
                mistakes.push(format!("the argument `{}` is there twice", argument.name));
            }
        }
        Component::new(Kind::Prompt(Arc::new(PromptEntry { spec, needs, completers, run })), &mistakes)
    }
}

fn messages(of: impl IntoMessages) -> Result<GetPromptResult, Fault> {
    of.into_messages().map_err(|error| failure::of_prompt(&error))
}

type Answer = BoxFuture<'static, Result<GetPromptResult, Fault>>;

/// Runs the handler with its arguments.
type Run = Arc<dyn Fn(Vars, &Cx) -> Answer + Send + Sync>;

/// A prompt as the server holds it.
#[derive(Clone)]
pub(crate) struct PromptEntry {
    /// As clients see it.
    pub(crate) spec: model::Prompt,
    /// What the handler needs of the server.
    pub(crate) needs: Needs,
    completers: Completers,
    run: Run,
}

impl PromptEntry {
    /// Fills the prompt in. Arguments it does not know are passed on to the handler, which may look at them.
    pub(crate) fn get(&self, arguments: &BTreeMap<String, String>, cx: &Cx) -> Answer {
        let missing = self.spec.arguments.iter().filter(|argument| argument.is_required());
        let missing = missing.filter(|argument| !arguments.contains_key(&argument.name));
        let missing: Vec<String> = missing.map(|argument| format!("arguments.{}: missing", argument.name)).collect();
        if !missing.is_empty() {
            return Box::pin(ready(Err(Fault::InvalidParams(missing.join("; ")))));
        }
        let running = (self.run)(Vars::from(arguments.clone()), cx);
        let Some(description) = self.spec.description.clone() else { return running };
        Box::pin(async move {
            let mut result = running.await?;
            result.description.get_or_insert(description);
            Ok(result)
        })
    }

    /// Completes an argument; none if nothing was given for it.
    pub(crate) fn complete(&self, argument: &str, asked: Completing) -> Option<BoxFuture<'static, Result<Completion>>> {
        self.completers.complete(argument, asked)
    }
}

impl fmt::Debug for PromptEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PromptEntry").field("name", &self.spec.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anpu_proto::model::{Content, PromptMessage, Role};

    fn review() -> Component {
        Prompt::new("review")
            .description("Ask for a review")
            .argument(PromptArgument::new("code").required(true))
            .argument(PromptArgument::new("lines"))
            .handler(|vars: Vars, _| async move {
                let lines = vars.optional::<u8>("lines")?.unwrap_or(1);
                vars.get::<String>("code").map(|code| format!("{code}: {lines}"))
            })
    }

    async fn get(arguments: &[(&str, &str)]) -> Result<GetPromptResult, Fault> {
        let arguments = arguments.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        review().as_prompt().unwrap().get(&arguments, &Cx::test()).await
    }

    #[tokio::test]
    async fn it_is_filled_in() {
        let result = get(&[("code", "x"), ("lines", "7")]).await.unwrap();
        assert_eq!(result.messages, [PromptMessage::new(Role::User, Content::text("x: 7"))]);
        assert_eq!(result.description.as_deref(), Some("Ask for a review"));
    }

    #[tokio::test]
    async fn what_is_wrong_with_the_arguments_is_told() {
        assert_eq!(get(&[]).await, Err(Fault::InvalidParams("arguments.code: missing".into())));
        let wrong = get(&[("code", "x"), ("lines", "many")]).await.unwrap_err();
        assert!(matches!(&wrong, Fault::InvalidParams(text) if text.starts_with("`lines`")), "{wrong}");
    }

    #[test]
    fn mistakes_are_told() {
        let twice = Prompt::new("p").argument(PromptArgument::new("a")).argument(PromptArgument::new("a"));
        assert!(twice.handler(|_, _| async { "" }).check().unwrap_err().to_string().contains("`a` is there twice"));
        let unknown = Prompt::new("p").complete("a", ["x"]).blocking(|_, _| "");
        assert!(unknown.check().unwrap_err().to_string().contains("no such argument"));
    }
}
