//! Forms: several fields at once, as a struct or with a schema known only at run time.

use std::fmt;

use anpu_proto::model::{Answer, Ask, ClientCapabilities, JsonObject, RequestedSchema};
use serde_json::Value;

use super::field::default_of;
use super::{Field, FormField, Outcome, Question, check, one};
use crate::error::{Error, Result};

/// Asks for a form to be filled in, and reads it into a struct that derives [`Form`](macro@crate::Form).
///
/// ```
/// use anpu::prelude::*;
///
/// /// How large it is.
/// #[derive(Form)]
/// enum Size { Small, Large }
///
/// #[derive(Form)]
/// struct Order {
///     /// where it goes
///     #[form(format = "email")]
///     address: String,
///     #[form(min = 1, max = 10, default = 1)]
///     count: u32,
///     size: Size,
///     note: Option<String>,
/// }
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let order = cx.ask("order", Form::<Order>::new("What shall it be?")).await?.or_declined("no order")?;
/// println!("{} for {}", order.count, order.address);
/// # Ok(())
/// # }
/// ```
///
/// The answer is checked before the handler sees it: whatever is missing, too long, out of bounds, of another type or was
/// not asked for is an error of kind [`Invalid`](crate::ErrorKind::Invalid) that names every field.
pub struct Form<T> {
    message: String,
    schema: RequestedSchema,
    wrong: Option<String>,
    read: fn(&mut Filled) -> Result<T>,
}

/// A struct that is a form; `#[derive(Form)]` writes this.
///
/// ```
/// use anpu::{Fields, Filled, FormFields, Result};
///
/// struct Login { name: String, age: Option<u8> }
///
/// impl FormFields for Login {
///     fn fields() -> Fields {
///         Fields::new().field::<String>("name", |field| field.min_length(1)).field::<Option<u8>>("age", |field| field)
///     }
///
///     fn read(filled: &mut Filled) -> Result<Self> {
///         Ok(Self { name: filled.take("name")?, age: filled.take("age")? })
///     }
/// }
/// ```
pub trait FormFields: Sized + Send + 'static {
    /// The fields, in the order in which they are shown.
    fn fields() -> Fields;

    /// Reads what was filled in; it has been checked against the fields.
    ///
    /// # Errors
    ///
    /// A value that a field's type cannot hold.
    fn read(filled: &mut Filled) -> Result<Self>;
}

impl<T: FormFields> Form<T> {
    /// Asks this.
    pub fn new(message: impl Into<String>) -> Self {
        let Fields { schema, wrong } = T::fields();
        Self { message: message.into(), schema, wrong, read: T::read }
    }
}

impl Form<JsonObject> {
    /// Asks this, with a form known only at run time. The answer is checked and comes as it is: defaults are the client's
    /// to fill in.
    pub fn raw(message: impl Into<String>, schema: RequestedSchema) -> Self {
        let read = |filled: &mut Filled| Ok(std::mem::take(&mut filled.content));
        Self { message: message.into(), schema, wrong: None, read }
    }
}

impl<T: Send + 'static> Question for Form<T> {
    type Answer = Outcome<T>;

    fn check(&self) -> Result {
        match &self.wrong {
            Some(wrong) => Err(Error::config(format!("a form that cannot be asked: {wrong}"))),
            None => check::form(&self.schema),
        }
    }

    fn ask(&self) -> Ask {
        one::ask(&self.message, self.schema.clone())
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        one::required(client)
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        one::filled(&self.schema, answer)?
            .try_map(|content| (self.read)(&mut Filled { content, schema: self.schema.clone() }))
    }
}

impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        let Self { message, schema, wrong, read } = self;
        Self { message: message.clone(), schema: schema.clone(), wrong: wrong.clone(), read: *read }
    }
}

impl<T> fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").field("message", &self.message).field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// The fields of a form, in order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    schema: RequestedSchema,
    wrong: Option<String>,
}

impl Fields {
    /// No fields yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field of this type, and what `say` says about it. It must be filled in, unless the type can be left empty or
    /// the field has a default.
    #[must_use]
    pub fn field<T: FormField>(mut self, name: &str, say: impl FnOnce(Field) -> Field) -> Self {
        let (field, wrong) = say(Field::new(T::field())).into_parts();
        if let Some(wrong) = wrong {
            self.wrong.get_or_insert(format!("`{name}`: {wrong}"));
        }
        let needed = T::absent().is_none() && default_of(&field).is_none();
        self.schema = if needed { self.schema.required(name, field) } else { self.schema.optional(name, field) };
        self
    }
}

/// What was filled in, checked.
#[derive(Clone, Debug)]
pub struct Filled {
    content: JsonObject,
    schema: RequestedSchema,
}

impl Filled {
    /// Takes out the value of this field; one that was left empty has the field's default.
    ///
    /// # Errors
    ///
    /// Of kind [`Invalid`](crate::ErrorKind::Invalid): the type cannot hold the value.
    pub fn take<T: FormField>(&mut self, name: &str) -> Result<T> {
        let default = || self.schema.properties.get(name).and_then(default_of).and_then(T::read);
        let value = match self.content.remove(name) {
            Some(value) => T::read(value),
            None => T::absent().or_else(default),
        };
        value.ok_or_else(|| check::invalid(&format!("`{name}`: a value that is out of bounds")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anpu_proto::model::ElicitResult;
    use serde_json::json;

    use crate::error::ErrorKind;

    #[derive(Debug, PartialEq)]
    struct Order {
        address: String,
        count: u8,
        price: Option<f64>,
        stock: u64,
    }

    impl FormFields for Order {
        fn fields() -> Fields {
            Fields::new()
                .field::<String>("address", |field| field.title("Address").min_length(1))
                .field::<u8>("count", |field| field.default_value(1))
                .field::<Option<f64>>("price", |field| field.min(0.0).default_value(9.5))
                .field::<u64>("stock", |field| field)
        }

        fn read(filled: &mut Filled) -> Result<Self> {
            let (address, count) = (filled.take("address")?, filled.take("count")?);
            Ok(Self { address, count, price: filled.take("price")?, stock: filled.take("stock")? })
        }
    }

    fn order(content: &Value) -> Result<Outcome<Order>> {
        let answer = ElicitResult::accept(content.as_object().cloned());
        Form::<Order>::new("?").read(Answer::Elicit(answer))
    }

    #[test]
    fn a_struct_is_its_schema() {
        let form = Form::<Order>::new("?");
        form.check().unwrap();
        let expected = json!({ "type": "object", "required": ["address", "stock"], "properties": {
            "address": { "type": "string", "title": "Address", "minLength": 1 },
            "count": { "type": "integer", "minimum": 0, "maximum": 255, "default": 1 },
            "price": { "type": "number", "minimum": 0, "default": 9.5 },
            "stock": { "type": "integer", "minimum": 0 } } });
        assert_eq!(serde_json::to_value(&form.schema).unwrap(), expected);
    }

    #[test]
    fn what_was_left_empty_has_the_default_or_is_none() {
        let read = order(&json!({ "address": "a", "stock": 3.0 })).unwrap();
        assert_eq!(read, Outcome::Accepted(Order { address: "a".into(), count: 1, price: None, stock: 3 }));
    }

    #[test]
    fn a_number_too_large_for_its_type_is_invalid() {
        let error = order(&json!({ "address": "a", "stock": 1e25 })).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("`stock`"), "{error}");
        assert_eq!(order(&json!({ "address": "a", "count": 256, "stock": 1 })).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn what_does_not_suit_a_field_is_told_when_it_is_asked() {
        let Fields { schema, wrong } = Fields::new().field::<u8>("age", |field| field.min_length(2));
        let form = Form { wrong, ..Form::raw("?", schema) };
        let error = form.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("`age`: `min_length` is for texts"), "{error}");
    }

    #[test]
    fn a_form_known_at_run_time_gives_what_came() {
        let schema = RequestedSchema::new().required("a", anpu_proto::model::BooleanSchema::new());
        let form = Form::raw("?", schema);
        let content = json!({ "a": true }).as_object().cloned();
        let read = form.read(Answer::Elicit(ElicitResult::accept(content.clone()))).unwrap();
        assert_eq!(read.into_answer(), content);
        assert_eq!(form.read(Answer::Elicit(ElicitResult::decline())).unwrap(), Outcome::Declined);
        assert_eq!(form.read(Answer::Elicit(ElicitResult::cancel())).unwrap(), Outcome::Cancelled);
        let nothing = form.read(Answer::Elicit(ElicitResult::accept(None))).unwrap_err();
        assert!(nothing.to_string().contains("`a`: required, but missing"), "{nothing}");
    }
}
