//! Tools whose input schema is known only at run time.

use jsonschema::Validator;
use serde_json::Value;
use serde_json::value::RawValue;

use super::check::MOST_WRONGS;
use super::coerce;
use super::components::Component;
use super::decode::{self, Decode, Unfit};
use super::tool::{NoInput, Tool};
use super::tool_entry;
use crate::handler::{Cx, IntoReply};

/// What a tool takes whose arguments are whatever a JSON schema allows.
#[derive(Clone, Debug)]
pub struct Dynamic {
    schema: Value,
}

impl Tool<NoInput> {
    /// Takes what this JSON schema allows. It is published as it is, and compiled once, when the handler is given; it may
    /// not refer to anything outside of itself.
    ///
    /// ```
    /// use anpu::Tool;
    /// use serde_json::{Value, json};
    ///
    /// let schema = json!({ "type": "object", "properties": { "n": { "type": "integer", "minimum": 1 } } });
    /// let tool = Tool::new("echo").input_schema(schema).handler(|arguments: Value, _| async move {
    ///     arguments.to_string()
    /// });
    /// # let _ = tool;
    /// ```
    pub fn input_schema(self, schema: Value) -> Tool<Dynamic> {
        Tool { input: Dynamic { schema }, about: self.about }
    }
}

impl Tool<Dynamic> {
    /// Makes a component of it, with an async function.
    pub fn handler<F, Fut, R>(self, handler: F) -> Component
    where
        F: Fn(Value, Cx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoReply,
    {
        let run = Compiled::new(&self.input.schema).map(|decoder| tool_entry::asynchronous(decoder, handler));
        self.about.build::<R>(self.input.schema, run)
    }

    /// Makes a component of it, with a function that blocks: it runs on the blocking pool.
    ///
    /// It cannot be stopped: when its request is cancelled or times out it runs on, and nobody hears of it.
    pub fn blocking<F, R>(self, handler: F) -> Component
    where
        F: Fn(Value, Cx) -> R + Send + Sync + 'static,
        R: IntoReply,
    {
        let run = Compiled::new(&self.input.schema).map(|decoder| tool_entry::blocking(decoder, handler));
        self.about.build::<R>(self.input.schema, run)
    }
}

/// A schema, compiled.
struct Compiled {
    schema: Value,
    validator: Validator,
}

impl Compiled {
    fn new(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::options().offline().build(schema);
        let validator = validator.map_err(|error| format!("its input schema is not valid: {error}"))?;
        Ok(Self { schema: schema.clone(), validator })
    }
}

impl Decode<Value> for Compiled {
    fn decode(&self, arguments: Option<&RawValue>) -> Result<Value, Unfit> {
        let arguments = decode::value(decode::text(arguments)?)?;
        if self.validator.is_valid(&arguments) {
            return Ok(arguments);
        }
        let mut read = arguments.clone();
        if coerce::unstring(&self.schema, &mut read) && self.validator.is_valid(&read) {
            return Ok(read);
        }
        let wrong = self.validator.iter_errors(&arguments);
        Err(first(wrong.map(|error| format!("{}: {error}", place(error.instance_path().as_str())))))
    }
}

/// As many of these as help a model, and how many more there are.
fn first(mut wrong: impl Iterator<Item = String>) -> Unfit {
    let mut lines: Vec<String> = wrong.by_ref().take(MOST_WRONGS).collect();
    let more = wrong.count();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Unfit::Wrong(lines)
}

/// `/a/0/b` as `a[0].b`; the root is `arguments`.
fn place(pointer: &str) -> String {
    let mut place = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) && !step.is_empty() {
            place.push_str(&format!("[{step}]"));
        } else {
            place.push_str(if place.is_empty() { "" } else { "." });
            place.push_str(&step.replace("~1", "/").replace("~0", "~"));
        }
    }
    if place.is_empty() { "arguments".to_owned() } else { place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anpu_proto::fault::Fault;
    use anpu_proto::model::{CallToolResult, Content};
    use serde_json::json;

    fn tool() -> Component {
        let schema = json!({
            "type": "object",
            "properties": {
                "n": { "type": "integer", "minimum": 1 },
                "list": { "type": "array", "items": { "type": "object", "required": ["a"] } },
            },
            "required": ["n"],
        });
        Tool::new("echo").input_schema(schema).handler(|value: Value, _| async move { value.to_string() })
    }

    async fn call(arguments: &str) -> Result<CallToolResult, Fault> {
        let raw = RawValue::from_string(arguments.to_owned()).unwrap();
        tool().as_tool().unwrap().call(Some(&raw), &Cx::test()).await
    }

    #[tokio::test]
    async fn what_the_schema_allows_arrives_as_it_is() {
        for valid in [r#"{"n":1}"#, r#"{"list":[{"a":1}],"n":2}"#, r#"{"n":1,"other":true}"#] {
            assert_eq!(call(valid).await.unwrap().content, [Content::text(valid)]);
        }
        assert_eq!(call(r#"{"n":"7"}"#).await.unwrap().content, [Content::text(r#"{"n":7}"#)]);
    }

    #[tokio::test]
    async fn all_that_is_wrong_is_named_by_path() {
        let result = call(r#"{"n":0,"list":[{"a":1},{}]}"#).await.unwrap();
        let text = result.content[0].as_text().unwrap();
        assert!(result.is_error() && text.starts_with("The arguments are not valid:\n"), "{text}");
        assert!(text.contains("\nn: ") && text.contains("\nlist[1]: "), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[tokio::test]
    async fn a_duplicate_member_is_a_fault() {
        let fault = Fault::InvalidParams("arguments.n: duplicate member".into());
        assert_eq!(call(r#"{"n":1,"n":2}"#).await, Err(fault));
    }

    #[test]
    fn what_is_wrong_is_not_told_without_end() {
        let Unfit::Wrong(lines) = first((0..40).map(|n| n.to_string())) else { panic!("not wrong") };
        assert_eq!((lines.len(), lines[31].as_str(), lines[32].as_str()), (33, "31", "and 8 more"));
    }

    #[test]
    fn a_schema_is_published_as_it_is_and_must_stand_alone() {
        let schema = json!({ "type": "object", "$comment": "mine", "anyOf": [{}] });
        let tool = Tool::new("t").input_schema(schema.clone()).handler(|_, _| async {});
        tool.check().unwrap();
        assert_eq!(tool.as_tool().unwrap().spec.input_schema.as_value(), &schema);
        for wrong in
            [json!({ "type": 7 }), json!({ "type": "array" }), json!({ "$ref": "https://example.com/x" }), json!(true)]
        {
            let tool = Tool::new("t").input_schema(wrong.clone()).handler(|_, _| async {});
            assert!(tool.check().is_err(), "{wrong}");
        }
    }
}
