//! The builder of tools.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use anpu_proto::model::{self, Icon, Schema, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::components::{Component, Kind};
use super::tool_entry::{self, Run, ToolEntry};
use super::{decode, mirror, name, schema, session_argument};
use crate::handler::{Cx, FromCx, IntoReply, Needs};

/// A tool in the making; giving it a handler makes it a [`Component`].
///
/// `I` is what it takes: [`NoInput`], a type ([`input`](Tool::input)) or whatever a schema known only at run time says
/// (`input_schema`, feature `schema`).
///
/// ```
/// use anpu::prelude::*;
/// use anpu::{Json, Tool};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Range { from: i64, to: i64 }
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Sum { sum: i64 }
///
/// let component = Tool::new("sum_up")
///     .title("Sum up")
///     .description("The sum of all integers in a range")
///     .read_only(true)
///     .input::<Range>()
///     .handler(|range: Range, cx: Cx| async move {
///         cx.progress(0.5, "adding").await;
///         Json(Sum { sum: (range.from..range.to).sum() })
///     });
/// # let _ = component;
/// ```
#[must_use = "a tool without a handler does nothing: call `.handler(..)`"]
pub struct Tool<I = NoInput> {
    pub(super) input: I,
    pub(super) about: About,
}

/// What a tool takes that takes no arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInput;

/// What a tool takes whose arguments are the members of `A`.
pub struct Typed<A>(PhantomData<fn() -> A>);

/// What a tool says about itself, whatever it takes.
pub(super) struct About {
    spec: model::Tool,
    timeout: Option<Duration>,
    replay: bool,
    pub(super) raw: bool,
    needs: Needs,
    output: Output,
}

/// Where the output schema comes from.
enum Output {
    OfTheReply,
    Of(fn(bool) -> Value),
    Given(Value),
}

/// The arguments of a tool as one type: any that is `serde::Deserialize`, `schemars::JsonSchema`, `Send` and owns what it
/// holds. Deriving [`Args`](derive@crate::Args) gives the first two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "cannot be read as arguments",
    note = "put `#[derive(anpu::Args)]` on it, or `#[derive(serde::Deserialize, schemars::JsonSchema)]`"
)]
pub trait Argument: DeserializeOwned + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<A: DeserializeOwned + JsonSchema + Send + 'static> Argument for A {}

impl Tool {
    /// A tool of this name: 1 to 128 ASCII letters, digits, `_`, `-`, `.` and `/`.
    pub fn new(name: impl Into<String>) -> Self {
        let about = About {
            spec: model::Tool::new(name),
            timeout: None,
            replay: false,
            raw: false,
            needs: Needs::default(),
            output: Output::OfTheReply,
        };
        Self { input: NoInput, about }
    }

    /// Takes arguments: the members of `A`, whose schema is published and enforced.
    pub fn input<A: Argument>(self) -> Tool<Typed<A>> {
        Tool { input: Typed(PhantomData), about: self.about }
    }

    /// Makes a component of it, with an async function.
    pub fn handler<F, Fut, R>(self, handler: F) -> Component
    where
        F: Fn(Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoReply,
    {
        let run = tool_entry::asynchronous(decode::Nothing, move |(), cx| handler(cx));
        self.about.build::<R>(nothing(), Ok(run))
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool.
    ///
    /// It cannot be stopped: when its request is cancelled or times out it runs on, and nobody hears of it.
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(Cx) -> R + Send + Sync + 'static,
        R: IntoReply,
    {
        let run = tool_entry::blocking(decode::Nothing, move |(), cx| handler(cx));
        self.about.build::<R>(nothing(), Ok(run))
    }
}

impl<A: Argument> Tool<Typed<A>> {
    /// Makes a component of it, with an async function.
    pub fn handler<F, Fut, R>(self, handler: F) -> Component
    where
        F: Fn(A, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoReply,
    {
        let (schema, decoder) = self.decoder();
        let run = decoder.map(|decoder| tool_entry::asynchronous(decoder, handler));
        self.about.build::<R>(schema, run)
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool.
    ///
    /// It cannot be stopped: when its request is cancelled or times out it runs on, and nobody hears of it.
    ///
    /// ```
    /// use anpu::Tool;
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Path { path: String }
    ///
    /// let tool = Tool::new("size").input::<Path>().blocking(|at: Path, _| {
    ///     std::fs::metadata(at.path).map(|found| found.len())
    /// });
    /// # let _ = tool;
    /// ```
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(A, Cx) -> R + Send + Sync + 'static,
        R: IntoReply,
    {
        let (schema, decoder) = self.decoder();
        let run = decoder.map(|decoder| tool_entry::blocking(decoder, handler));
        self.about.build::<R>(schema, run)
    }

    fn decoder(&self) -> (Value, Result<decode::Typed<A>, String>) {
        let raw = schema::raw_input::<A>();
        let of = raw.get("type").and_then(Value::as_str).filter(|of| *of != "object");
        let wrong =
            of.map(|of| format!("arguments are an object, but `{}` is of type {of}", std::any::type_name::<A>()));
        let constrained = schema::restricts(&raw);
        let schema = schema::of_input::<A>();
        // What cannot be enforced in the raw schema is there in ours, which says the same of the same type.
        let decoder = wrong.map_or_else(|| decode::Typed::new(schema.clone(), constrained), Err);
        let schema = if self.about.raw { raw } else { schema };
        (schema, decoder)
    }
}

impl<I> Tool<I> {
    /// The name for people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.about.spec.title = Some(title.into());
        self
    }

    /// What it does, for the model.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.about.spec.description = Some(text.into());
        self
    }

    /// Adds an icon.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.about.spec.icons.push(icon);
        self
    }

    /// Hints for the client; it takes the place of all that were given before.
    pub fn annotations(mut self, annotations: ToolAnnotations) -> Self {
        self.about.spec.annotations = Some(annotations);
        self
    }

    /// Hint: whether it only reads.
    pub fn read_only(mut self, yes: bool) -> Self {
        self.about.annotations().read_only_hint = Some(yes);
        self
    }

    /// Hint: whether it may destroy something.
    pub fn destructive(mut self, yes: bool) -> Self {
        self.about.annotations().destructive_hint = Some(yes);
        self
    }

    /// Hint: whether calling it twice does no more than calling it once.
    pub fn idempotent(mut self, yes: bool) -> Self {
        self.about.annotations().idempotent_hint = Some(yes);
        self
    }

    /// Hint: whether it reaches out into the open world, as a search of the web does.
    pub fn open_world(mut self, yes: bool) -> Self {
        self.about.annotations().open_world_hint = Some(yes);
        self
    }

    /// Adds a member to its `_meta`.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.about.spec.meta.insert(key, value);
        self
    }

    /// How long a call may take, in the place of the server's own timeout.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.about.timeout = Some(time);
        self
    }

    /// Lets a call that died with its process run again from its start, in the process that takes its place.
    ///
    /// This is for sessions in versions of the protocol whose streams can be taken up again (2025-11-25), with a store that is
    /// durable or shared. Once the answer of a call is a stream, what the call was and what came of its
    /// [questions](Cx::ask) and of what it did [once](Cx::once) is noted in the store. If the process dies, the client that
    /// takes up the stream (or answers the question that was open) has the handler run again, and gets the result on that
    /// stream; without this it gets an error that says that the request was lost.
    ///
    /// What a handler that is marked agrees to:
    ///
    /// - It runs from its start, with the same arguments and in the same session, perhaps while a process that only seems to
    ///   be dead still runs it. What must not happen twice goes into [`Cx::once`].
    /// - It is dropped at a question and runs again once that is answered, as it is in versions without sessions
    ///   ([`Server::always_replay`](crate::Server) of feature `testing` proves that it can).
    /// - It is told again what it was told before; a question without an answer is asked again.
    /// - The headers of the call are not there when it runs again after a crash.
    ///
    /// Limits: arguments of 256 KiB, and 3 such runs after the first; what is more is not run again. What is noted is kept for
    /// an hour after it changed last ([`Server::request_state_expiry`](crate::Server::request_state_expiry)). Tools of
    /// providers and of mounted servers are not run again.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// async fn place(item: String) -> Result<u64> { Ok(4711) }
    ///
    /// /// Order something.
    /// #[tool(replay)]
    /// async fn order(item: String, cx: Cx) -> Result<String> {
    ///     let answer = cx.ask("sure", Confirm::new(format!("Order {item}?"))).await?;
    ///     if !answer.accepted() { return Ok("left it".to_owned()) }
    ///     let number: u64 = cx.once("order", place(item)).await?;
    ///     Ok(format!("order {number}"))
    /// }
    /// # let _ = components![order];
    /// ```
    pub fn replay(mut self) -> Self {
        self.about.replay = true;
        self
    }

    /// Says what the handler takes from its request, so that a state that is not there is told when the server is built.
    pub fn requires<X: FromCx>(mut self) -> Self {
        X::needs(&mut self.about.needs);
        self
    }

    /// Publishes schemas as schemars writes them, in the place of ours, which every model provider takes.
    pub fn raw_schema(mut self) -> Self {
        self.about.raw = true;
        self
    }

    /// Says that the structured content is a `T`; without this it is what the handler's type says.
    pub fn output<T: JsonSchema>(mut self) -> Self {
        self.about.output = Output::Of(|raw| if raw { schema::raw_output::<T>() } else { schema::of_output::<T>().0 });
        self
    }

    /// The schema of the structured content, published as it is.
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.about.output = Output::Given(schema);
        self
    }
}

impl About {
    fn annotations(&mut self) -> &mut ToolAnnotations {
        self.spec.annotations.get_or_insert_default()
    }

    /// The component, with whatever was wrong kept for when the server is built.
    pub(super) fn build<R: IntoReply>(self, input: Value, run: Result<Run, String>) -> Component {
        let mut mistakes = Vec::new();
        let mut keep = |mistake: String| mistakes.push(mistake);
        let mut spec = self.spec;
        name::check(&spec.name).unwrap_or_else(&mut keep);
        mirror::check(&input).unwrap_or_else(&mut keep);
        let mirrored = mirror::Mirrored::of(&input);
        if self.needs.keeps_session() && session_argument::is_in(&input) {
            keep(
                "it takes `Session<T>`, for which it gets an argument `session`: call its own one differently"
                    .to_owned(),
            );
        }
        if input.get("type") != Some(&json!("object")) {
            keep("its input schema needs `\"type\": \"object\"` at the root".to_owned());
        }
        spec.input_schema = Schema::try_from(input).unwrap_or_default();
        match self.output.schema::<R>(self.raw).map(Schema::try_from) {
            Some(Ok(schema)) => spec.output_schema = Some(schema),
            Some(Err(_)) => keep("its output schema is not an object".to_owned()),
            None => {}
        }
        let run = run.unwrap_or_else(|mistake| {
            keep(mistake);
            tool_entry::broken()
        });
        let Self { timeout, replay, needs, .. } = self;
        Component::new(Kind::Tool(Arc::new(ToolEntry { spec, timeout, replay, needs, mirrored, run })), &mistakes)
    }
}

impl Output {
    fn schema<R: IntoReply>(self, raw: bool) -> Option<Value> {
        match self {
            Self::OfTheReply => {
                let schema = R::output_schema().filter(says_something)?;
                Some(if raw { schema } else { schema::conservative_output(schema).0 })
            }
            Self::Of(schema) => Some(schema(raw)),
            Self::Given(schema) => Some(schema),
        }
    }
}

/// Whether a schema leaves out any value at all; that of `serde_json::Value` does not.
fn says_something(schema: &Value) -> bool {
    let silent = ["$schema", "title", "description"];
    schema.as_object().is_some_and(|members| members.keys().any(|key| !silent.contains(&key.as_str())))
}

fn nothing() -> Value {
    json!({ "type": "object", "properties": {} })
}

impl<I: fmt::Debug> fmt::Debug for Tool<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tool = f.debug_struct("Tool");
        tool.field("name", &self.about.spec.name).field("input", &self.input).finish_non_exhaustive()
    }
}

impl<A> fmt::Debug for Typed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({})", std::any::type_name::<A>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::Json;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Point {
        x: f64,
    }

    fn spec(component: &Component) -> &model::Tool {
        component.check().unwrap();
        &component.as_tool().unwrap().spec
    }

    #[test]
    fn what_was_said_is_published() {
        let tool = Tool::new("move")
            .title("Move")
            .description("Moves a point")
            .read_only(false)
            .idempotent(true)
            .meta("a/b", 1)
            .timeout(Duration::from_secs(3))
            .input::<Point>()
            .handler(|point: Point, _| async { Json(point) });
        let expected = json!({
            "name": "move", "title": "Move", "description": "Moves a point",
            "inputSchema": { "type": "object", "properties": { "x": { "type": "number" } }, "required": ["x"] },
            "outputSchema": { "type": "object", "properties": { "x": { "type": "number" } }, "required": ["x"] },
            "annotations": { "readOnlyHint": false, "idempotentHint": true },
            "_meta": { "a/b": 1 },
        });
        assert_eq!(serde_json::to_value(spec(&tool)).unwrap(), expected);
        assert_eq!(tool.as_tool().unwrap().timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_schema_may_be_raw() {
        let tool = Tool::new("t").raw_schema().input::<Point>().handler(|_, _| async {});
        assert!(spec(&tool).input_schema.get("$schema").is_some());
    }

    #[test]
    fn any_json_has_no_output_schema_and_a_given_one_goes_first() {
        let any = Tool::new("t").handler(|_| async { Json(Value::Null) });
        assert_eq!(spec(&any).output_schema, None);
        let given = Tool::new("t").output_schema(json!({ "type": "object", "x": 1 })).handler(|_| async { Json(1) });
        assert_eq!(spec(&given).output_schema.as_ref().and_then(|schema| schema.get("x")), Some(&json!(1)));
        let typed = Tool::new("t").output::<Point>().handler(|_| async { "text" });
        assert_eq!(spec(&typed).output_schema.as_ref().and_then(|schema| schema.get("type")), Some(&json!("object")));
    }

    #[test]
    fn arguments_that_are_no_object_are_a_mistake() {
        let error = Tool::new("t").input::<Vec<u8>>().handler(|_, _| async {}).check().unwrap_err();
        assert!(error.to_string().contains("of type array"), "{error}");
    }
}
