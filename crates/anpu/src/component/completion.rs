//! Completers: what a client may propose to its user while an argument is typed.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Display;
use std::sync::Arc;

use anpu_proto::model::{self, CompleteRequestParams, CompleteResult};

use crate::error::Result;
use crate::handler::{BoxFuture, Cx, error_of};

/// What is asked of a [`Completer`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Completing {
    /// The argument of the prompt, or the variable of the template.
    pub argument: String,
    /// What is typed so far.
    pub value: String,
    /// The arguments that are settled already, by name.
    pub context: BTreeMap<String, String>,
    /// The request.
    pub cx: Cx,
}

impl Completing {
    pub(crate) fn new(params: &CompleteRequestParams, cx: Cx) -> Self {
        let model::CompleteArgument { name, value, .. } = params.argument.clone();
        let context = params.context.as_ref().map(|context| context.arguments.clone()).unwrap_or_default();
        Self { argument: name, value, context, cx }
    }

    /// For the unit test of a completer: this was typed.
    pub fn test(argument: impl Into<String>, value: impl Into<String>) -> Self {
        Self { argument: argument.into(), value: value.into(), context: BTreeMap::new(), cx: Cx::test() }
    }
}

/// Proposals for an argument, best first.
///
/// A client gets the first hundred and is told how many there were.
///
/// ```
/// use anpu::Completion;
///
/// let few = Completion::from(["red", "green"]);
/// let many = Completion::from(vec![String::from("first")]).of(20_000); // the others were not even fetched
/// # let _ = (few, many);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    values: Vec<String>,
    total: Option<u64>,
}

impl Completion {
    /// Says how many there are in all, if these are only the first.
    #[must_use]
    pub fn of(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    pub(crate) fn into_result(self) -> CompleteResult {
        let given = self.values.len() as u64;
        let mut completion = model::Completion::new(self.values);
        if let Some(total) = self.total {
            let total = total.max(given);
            completion.total = Some(total);
            completion.has_more = Some(total > completion.values.len() as u64);
        }
        CompleteResult::new(completion)
    }
}

impl<T: Into<String>> From<Vec<T>> for Completion {
    fn from(values: Vec<T>) -> Self {
        Self { values: values.into_iter().map(Into::into).collect(), total: None }
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Completion {
    fn from(values: [T; N]) -> Self {
        Vec::from(values).into()
    }
}

/// Something a completing function may return: any list of texts, a [`Completion`], or a `Result` of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of proposals",
    note = "a completing function returns `Vec<String>`, `Completion`, or a `Result` of these"
)]
pub trait IntoCompletion {
    /// The proposals.
    ///
    /// # Errors
    ///
    /// As the function failed. The client is told the text of what was refused, declined or not found; any other error is
    /// logged.
    fn into_completion(self) -> Result<Completion>;
}

impl IntoCompletion for Completion {
    fn into_completion(self) -> Result<Completion> {
        Ok(self)
    }
}

impl<T: Into<String>> IntoCompletion for Vec<T> {
    fn into_completion(self) -> Result<Completion> {
        Ok(self.into())
    }
}

impl<T: Into<String>, const N: usize> IntoCompletion for [T; N] {
    fn into_completion(self) -> Result<Completion> {
        Ok(self.into())
    }
}

impl<T: IntoCompletion, E: Display + 'static> IntoCompletion for Result<T, E> {
    fn into_completion(self) -> Result<Completion> {
        self.map_err(error_of)?.into_completion()
    }
}

/// Something that completes an argument of a prompt or a variable of a resource template: a list of texts, of which
/// those are proposed that begin with what is typed (upper and lower case alike), or an async function.
///
/// ```
/// use anpu::model::PromptArgument;
/// use anpu::{Completing, Prompt, Vars};
///
/// async fn names(asked: Completing) -> Vec<String> {
///     vec![format!("{}-1", asked.value), format!("{}-2", asked.value)]
/// }
///
/// let prompt = Prompt::new("review")
///     .argument(PromptArgument::new("language"))
///     .argument(PromptArgument::new("name"))
///     .complete("language", ["Rust", "Ruby", "Python"])
///     .complete("name", names)
///     .handler(|vars: Vars, _| async move { vars.get::<String>("name") });
/// # let _ = prompt;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` completes nothing",
    label = "not a list of texts and not an async function of `Completing`",
    note = "write `async fn complete(asked: Completing) -> Vec<String>`, or give an array of texts"
)]
pub trait Completer: Send + Sync + 'static {
    /// The proposals.
    ///
    /// # Errors
    ///
    /// If there can be none.
    fn complete(&self, asked: Completing) -> impl Future<Output = Result<Completion>> + Send;
}

impl<F, Fut, R> Completer for F
where
    F: Fn(Completing) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
    R: IntoCompletion,
{
    async fn complete(&self, asked: Completing) -> Result<Completion> {
        self(asked).await.into_completion()
    }
}

macro_rules! lists {
    ($([$($generic:tt)*] $of:ty),*) => {$(
        impl<$($generic)*> Completer for $of {
            async fn complete(&self, asked: Completing) -> Result<Completion> {
                Ok(beginning(self.iter().map(AsRef::as_ref), &asked.value).into())
            }
        }
    )*};
}

lists!([const N: usize] [&'static str; N], [const N: usize] [String; N], [] &'static [&'static str]);
lists!([const N: usize] &'static [&'static str; N], [] Vec<&'static str>, [] Vec<String>);

/// Those that begin with what is typed, whatever the case.
fn beginning<'a>(values: impl Iterator<Item = &'a str>, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    values.filter(|value| value.to_lowercase().starts_with(&typed)).map(str::to_owned).collect()
}

/// The completers of one component, by argument.
#[derive(Clone, Default)]
pub(crate) struct Completers(BTreeMap<String, Arc<dyn AnyCompleter>>);

impl Completers {
    pub(super) fn insert(&mut self, argument: String, completer: impl Completer) {
        self.0.insert(argument, Arc::new(completer));
    }

    /// Completes an argument; none if nothing was given for it.
    pub(super) fn complete(&self, argument: &str, asked: Completing) -> Option<BoxFuture<'static, Result<Completion>>> {
        Some(Arc::clone(self.0.get(argument)?).complete(asked))
    }

    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Completers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A [`Completer`] of any type.
trait AnyCompleter: Send + Sync + 'static {
    fn complete(self: Arc<Self>, asked: Completing) -> BoxFuture<'static, Result<Completion>>;
}

impl<C: Completer> AnyCompleter for C {
    fn complete(self: Arc<Self>, asked: Completing) -> BoxFuture<'static, Result<Completion>> {
        Box::pin(async move { Completer::complete(&*self, asked).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, refused};

    async fn ask(completer: impl Completer, typed: &str) -> Result<model::Completion> {
        let mut completers = Completers::default();
        completers.insert("a".to_owned(), completer);
        assert!(completers.complete("b", Completing::test("b", typed)).is_none());
        let running = completers.complete("a", Completing::test("a", typed)).expect("there is a completer for it");
        running.await.map(|completion| completion.into_result().completion)
    }

    #[tokio::test]
    async fn a_list_is_filtered_by_what_is_typed() {
        let colours = ["red", "Rose", "green"];
        assert_eq!(ask(colours, "R").await.unwrap().values, ["red", "Rose"]);
        assert_eq!(ask(colours, "").await.unwrap().values.len(), 3);
        let none = ask(colours, "x").await.unwrap();
        assert_eq!((none.values.len(), none.total, none.has_more), (0, Some(0), Some(false)));
    }

    #[tokio::test]
    async fn a_function_decides_itself_and_a_hundred_are_sent() {
        let many =
            |asked: Completing| async move { (0..130).map(|n| format!("{}{n}", asked.value)).collect::<Vec<_>>() };
        let sent = ask(many, "v").await.unwrap();
        assert_eq!((sent.values.len(), sent.values[99].as_str()), (100, "v99"));
        assert_eq!((sent.total, sent.has_more), (Some(130), Some(true)));
        let first = ask(|_| async { Completion::from(["a"]).of(7) }, "").await.unwrap();
        assert_eq!((first.values.len(), first.total, first.has_more), (1, Some(7), Some(true)));
    }

    #[tokio::test]
    async fn a_failure_keeps_its_kind() {
        let failing = |_| async { Err::<Vec<String>, _>(refused("not today")) };
        assert_eq!(ask(failing, "").await.unwrap_err().kind(), ErrorKind::Refused);
    }
}
