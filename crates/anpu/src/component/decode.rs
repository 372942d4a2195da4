//! The arguments of a tool as its types: straight from the text if that works, and if not, every wrong field by name.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use anpu_proto::fault::Fault;
use anpu_proto::model::{CallToolResult, read_object};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::check::Checker;
use super::coerce;
use crate::handler::failure;

/// Reads the arguments of a tool.
pub(super) trait Decode<A>: Send + Sync + 'static {
    fn decode(&self, arguments: Option<&RawValue>) -> Result<A, Unfit>;
}

/// Arguments that cannot be taken.
#[derive(Debug, PartialEq)]
pub(super) enum Unfit {
    /// They are not what the protocol calls arguments.
    Fault(Fault),
    /// They are not what the tool takes; the model may correct each of these.
    Wrong(Vec<String>),
}

impl Unfit {
    /// What the client is told.
    pub(super) fn answer(self) -> Result<CallToolResult, Fault> {
        match self {
            Self::Fault(fault) => Err(fault),
            Self::Wrong(lines) => {
                Ok(failure::tool_error(format!("The arguments are not valid:\n{}", lines.join("\n"))))
            }
        }
    }
}

/// A tool without arguments takes whatever it gets, as long as it is an object.
pub(super) struct Nothing;

impl Decode<()> for Nothing {
    fn decode(&self, arguments: Option<&RawValue>) -> Result<(), Unfit> {
        let text = text(arguments)?;
        if text.starts_with('{') { Ok(()) } else { Err(Unfit::Wrong(vec!["arguments: expected an object".to_owned()])) }
    }
}

/// A tool whose arguments are a type.
pub(super) struct Typed<A> {
    schema: Value,
    checker: Checker,
    constrained: bool,
    arguments: PhantomData<fn() -> A>,
}

impl<A> Typed<A> {
    /// For arguments with this schema; `constrained` if it asks for more than decoding into the type enforces.
    pub(super) fn new(schema: Value, constrained: bool) -> Result<Self, String> {
        let checker = Checker::new(&schema).map_err(|error| error.to_string())?;
        Ok(Self { schema, checker, constrained, arguments: PhantomData })
    }

    /// The long way: normalized, checked, and if that fails once more with texts read as the JSON they hold.
    fn slowly(&self, text: &str) -> Result<A, Unfit>
    where
        A: DeserializeOwned,
    {
        let mut value = value(text)?;
        coerce::normalize(&self.schema, &mut value);
        let wrong = self.checker.check(&value);
        if wrong.is_empty() {
            return serde_json::from_value(value).map_err(|error| Unfit::Wrong(vec![error.to_string()]));
        }
        if coerce::unstring(&self.schema, &mut value) {
            coerce::normalize(&self.schema, &mut value);
            if self.checker.check(&value).is_empty()
                && let Ok(arguments) = serde_json::from_value(value)
            {
                return Ok(arguments);
            }
        }
        Err(Unfit::Wrong(wrong.iter().map(ToString::to_string).collect()))
    }
}

impl<A: DeserializeOwned + 'static> Decode<A> for Typed<A> {
    fn decode(&self, arguments: Option<&RawValue>) -> Result<A, Unfit> {
        // Nearly all arguments are an object that fits, and are read once.
        if !self.constrained
            && let Ok(arguments) = read_object(arguments.map_or("{}", RawValue::get))
        {
            return Ok(arguments);
        }
        let text = text(arguments)?;
        if !self.constrained
            && let Ok(arguments) = serde_json::from_str(text)
        {
            return Ok(arguments);
        }
        self.slowly(text)
    }
}

/// The arguments as a value.
pub(super) fn value(text: &str) -> Result<Value, Unfit> {
    serde_json::from_str(text).map_err(|error| fault(format!("arguments: {error}")))
}

/// The text of the arguments, none of whose members comes twice: what is absent has none.
pub(super) fn text(arguments: Option<&RawValue>) -> Result<&str, Unfit> {
    let text = arguments.map_or("{}", RawValue::get).trim_start();
    match text.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<Distinct>(text) {
            Ok(Distinct) => Ok(text),
            Err(error) if error.is_data() => Err(fault(untailed(&error))),
            Err(error) => Err(fault(format!("arguments: {error}"))),
        },
        Some(b'n') => Ok("{}"),
        _ => Ok(text),
    }
}

fn fault(text: String) -> Unfit {
    Unfit::Fault(Fault::InvalidParams(text))
}

/// The message without the place in the text, which nobody sees.
fn untailed(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let tail = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&tail).unwrap_or(&text).to_owned()
}

/// An object whose members are only looked at by name.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self, M::Error> {
        // Few names are compared, many are hashed: a hostile object must not cost quadratic time.
        let (mut few, mut many) = (Vec::<Cow<'de, str>>::new(), HashSet::new());
        while let Some(Name(name)) = members.next_key()? {
            if few.contains(&name) || many.contains(&name) {
                return Err(M::Error::custom(format_args!("arguments.{name}: duplicate member")));
            }
            if few.len() < 16 {
                few.push(name);
            } else {
                many.insert(name);
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(self)
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::schema;
    use schemars::JsonSchema;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Order {
        item: String,
        count: u32,
        tags: Option<Vec<String>>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        count: u32,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Bounded {
        #[schemars(range(min = 1, max = 9))]
        count: u32,
    }

    fn decode<A: DeserializeOwned + JsonSchema + 'static>(text: &str) -> Result<A, Unfit> {
        let constrained = schema::restricts(&schema::raw_input::<A>());
        let decoder = Typed::<A>::new(schema::of_input::<A>(), constrained).unwrap();
        decoder.decode(Some(&RawValue::from_string(text.to_owned()).unwrap()))
    }

    #[track_caller]
    fn wrong<A: DeserializeOwned + JsonSchema + fmt::Debug + 'static>(text: &str) -> Vec<String> {
        match decode::<A>(text) {
            Err(Unfit::Wrong(lines)) => lines,
            other => panic!("not wrong: {other:?}"),
        }
    }

    #[test]
    fn plain_arguments_are_read() {
        let order = decode::<Order>(r#"{"item":"tea","count":2,"more":true}"#).unwrap();
        assert_eq!(order, Order { item: "tea".into(), count: 2, tags: None });
        assert_eq!(Nothing.decode(None), Ok(()));
    }

    #[test]
    fn an_integral_float_is_an_integer() {
        assert_eq!(decode::<Order>(r#"{"item":"tea","count":2.0}"#).unwrap().count, 2);
        assert_eq!(decode::<Bounded>(r#"{"count":2.0}"#).unwrap().count, 2);
    }

    #[test]
    fn text_is_read_as_json_only_after_it_failed_as_text() {
        let order = decode::<Order>(r#"{"item":"[1]","count":"2","tags":"[\"a\"]"}"#).unwrap();
        assert_eq!(order, Order { item: "[1]".into(), count: 2, tags: Some(vec!["a".into()]) });
        assert!(wrong::<Order>(r#"{"item":"tea","count":"two"}"#)[0].contains("count"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let lines = wrong::<Order>(r#"{"count":"two","tags":[1]}"#);
        let text = lines.join("\n");
        assert!(text.contains("item") && text.contains("count") && text.contains("tags"), "{text}");
        assert_eq!(lines.len(), 3, "{text}");
    }

    #[test]
    fn constraints_hold() {
        assert_eq!(decode::<Bounded>(r#"{"count":9}"#).unwrap().count, 9);
        assert_eq!(wrong::<Bounded>(r#"{"count":10}"#).len(), 1);
    }

    #[test]
    fn unknown_members_are_wrong_only_where_the_type_says_so() {
        assert!(wrong::<Strict>(r#"{"count":1,"cuont":2}"#)[0].contains("cuont"));
        assert_eq!(decode::<Strict>(r#"{"count":1}"#).unwrap().count, 1);
    }

    #[test]
    fn a_duplicate_member_is_a_fault_whether_known_or_not() {
        for text in [r#"{"count":1,"count":2}"#, r#"{"count":1,"\u0063ount":2}"#] {
            let fault = Fault::InvalidParams("arguments.count: duplicate member".into());
            assert_eq!(decode::<Bounded>(text), Err(Unfit::Fault(fault)));
        }
        let fault = Fault::InvalidParams("arguments.x: duplicate member".into());
        assert_eq!(decode::<Bounded>(r#"{"x":1,"count":1,"x":2}"#), Err(Unfit::Fault(fault)));
    }

    #[test]
    fn what_is_no_object_is_wrong_and_null_is_nothing() {
        assert_eq!(wrong::<Bounded>("7").len(), 1);
        let null = RawValue::from_string("null".to_owned()).unwrap();
        assert_eq!(Nothing.decode(Some(&null)), Ok(()));
        assert!(wrong::<Bounded>("null")[0].contains("count"));
    }

    #[test]
    fn the_answer_is_one_line_a_field() {
        let result = Unfit::Wrong(vec!["a: one".to_owned(), "b: two".to_owned()]).answer().unwrap();
        assert_eq!(result, CallToolResult::error("The arguments are not valid:\na: one\nb: two"));
    }
}
