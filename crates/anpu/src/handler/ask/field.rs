//! The fields of a form: which types they have in Rust, and what can be said about them.

use anpu_proto::model::{
    BooleanSchema, EnumSchema, NumberSchema, PrimitiveSchemaDefinition, StringFormat, StringSchema,
};
use serde_json::Value;

/// A type that the field of a form can have: texts, numbers, `bool`, enums that derive [`Form`](macro@crate::Form),
/// lists of such, and an `Option` of each.
pub trait FormField: Sized {
    /// The field as the client gets it.
    fn field() -> PrimitiveSchemaDefinition;

    /// Reads a value that fits the field; none if this type cannot hold it after all.
    fn read(value: Value) -> Option<Self>;

    /// What a field that was left empty means, if it may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// An enum to choose from; `#[derive(Form)]` writes this.
pub trait FormChoice: Sized + Send + 'static {
    /// The values, each with its name for people.
    const OPTIONS: &'static [(&'static str, &'static str)];

    /// The variant of this value.
    fn from_value(value: &str) -> Option<Self>;
}

impl FormField for String {
    fn field() -> PrimitiveSchemaDefinition {
        StringSchema::new().into()
    }

    fn read(value: Value) -> Option<Self> {
        if let Value::String(text) = value { Some(text) } else { None }
    }
}

impl FormField for bool {
    fn field() -> PrimitiveSchemaDefinition {
        BooleanSchema::new().into()
    }

    fn read(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FormField for f64 {
    fn field() -> PrimitiveSchemaDefinition {
        NumberSchema::number().into()
    }

    fn read(value: Value) -> Option<Self> {
        value.as_f64()
    }
}

impl FormField for f32 {
    fn field() -> PrimitiveSchemaDefinition {
        NumberSchema::number().into()
    }

    fn read(value: Value) -> Option<Self> {
        value.as_f64().map(|number| number as Self).filter(|number| number.is_finite())
    }
}

/// Bounds beyond what is exact in JSON would promise more than they hold, so only the smaller ones are said.
macro_rules! integers {
    ($($integer:ty: $least:expr, $greatest:expr;)*) => {$(
        impl FormField for $integer {
            fn field() -> PrimitiveSchemaDefinition {
                let mut schema = NumberSchema::integer();
                (schema.minimum, schema.maximum) = ($least, $greatest);
                schema.into()
            }

            fn read(value: Value) -> Option<Self> {
                let number = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))?;
                number.try_into().ok()
            }
        }
    )*};
}

integers! {
    u8: Some(0.0), Some(u8::MAX.into());
    u16: Some(0.0), Some(u16::MAX.into());
    u32: Some(0.0), Some(u32::MAX.into());
    u64: Some(0.0), None;
    usize: Some(0.0), None;
    i8: Some(i8::MIN.into()), Some(i8::MAX.into());
    i16: Some(i16::MIN.into()), Some(i16::MAX.into());
    i32: Some(i32::MIN.into()), Some(i32::MAX.into());
    i64: None, None;
    isize: None, None;
}

impl<T: FormChoice> FormField for T {
    fn field() -> PrimitiveSchemaDefinition {
        EnumSchema::one_of_titled(T::OPTIONS.iter().copied()).into()
    }

    fn read(value: Value) -> Option<Self> {
        value.as_str().and_then(T::from_value)
    }
}

impl<T: FormChoice> FormField for Vec<T> {
    fn field() -> PrimitiveSchemaDefinition {
        EnumSchema::some_of_titled(T::OPTIONS.iter().copied()).into()
    }

    fn read(value: Value) -> Option<Self> {
        value.as_array()?.iter().map(|value| value.as_str().and_then(T::from_value)).collect()
    }
}

impl<T: FormField> FormField for Option<T> {
    fn field() -> PrimitiveSchemaDefinition {
        T::field()
    }

    fn read(value: Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// One field of a form, and what is said about it.
///
/// What does not suit the field's type (the length of a number) is told when the form is asked.
#[derive(Clone, Debug)]
pub struct Field {
    schema: PrimitiveSchemaDefinition,
    wrong: Option<String>,
}

impl Field {
    pub(super) fn new(schema: impl Into<PrimitiveSchemaDefinition>) -> Self {
        Self { schema: schema.into(), wrong: None }
    }

    pub(super) fn schema(&self) -> &PrimitiveSchemaDefinition {
        &self.schema
    }

    pub(super) fn into_parts(self) -> (PrimitiveSchemaDefinition, Option<String>) {
        (self.schema, self.wrong)
    }

    /// Its name, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.schema = match self.schema {
            PrimitiveSchemaDefinition::String(field) => field.title(title).into(),
            PrimitiveSchemaDefinition::Number(field) => field.title(title).into(),
            PrimitiveSchemaDefinition::Boolean(field) => field.title(title).into(),
            PrimitiveSchemaDefinition::Enum(field) => field.title(title).into(),
        };
        self
    }

    /// What to fill in.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.schema = match self.schema {
            PrimitiveSchemaDefinition::String(field) => field.description(text).into(),
            PrimitiveSchemaDefinition::Number(field) => field.description(text).into(),
            PrimitiveSchemaDefinition::Boolean(field) => field.description(text).into(),
            PrimitiveSchemaDefinition::Enum(field) => field.description(text).into(),
        };
        self
    }

    /// The least number.
    #[must_use]
    pub fn min(mut self, number: f64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::Number(field) => field.minimum = Some(number),
            _ => self.unsuited("min", "numbers"),
        }
        self
    }

    /// The greatest number.
    #[must_use]
    pub fn max(mut self, number: f64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::Number(field) => field.maximum = Some(number),
            _ => self.unsuited("max", "numbers"),
        }
        self
    }

    /// The fewest characters.
    #[must_use]
    pub fn min_length(mut self, characters: u64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::String(field) => field.min_length = Some(characters),
            _ => self.unsuited("min_length", "texts"),
        }
        self
    }

    /// The most characters.
    #[must_use]
    pub fn max_length(mut self, characters: u64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::String(field) => field.max_length = Some(characters),
            _ => self.unsuited("max_length", "texts"),
        }
        self
    }

    /// What the text must look like.
    #[must_use]
    pub fn format(mut self, format: StringFormat) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::String(field) => field.format = Some(format),
            _ => self.unsuited("format", "texts"),
        }
        self
    }

    /// The fewest values of a list.
    #[must_use]
    pub fn min_items(mut self, count: u64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::Enum(EnumSchema::UntitledMulti(field)) => field.min_items = Some(count),
            PrimitiveSchemaDefinition::Enum(EnumSchema::TitledMulti(field)) => field.min_items = Some(count),
            _ => self.unsuited("min_items", "lists"),
        }
        self
    }

    /// The most values of a list.
    #[must_use]
    pub fn max_items(mut self, count: u64) -> Self {
        match &mut self.schema {
            PrimitiveSchemaDefinition::Enum(EnumSchema::UntitledMulti(field)) => field.max_items = Some(count),
            PrimitiveSchemaDefinition::Enum(EnumSchema::TitledMulti(field)) => field.max_items = Some(count),
            _ => self.unsuited("max_items", "lists"),
        }
        self
    }

    /// What is filled in already: by the client where its version has that. A field with a default may be left empty, and
    /// then has it, unless it is an `Option`.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        if set_default(&mut self.schema, value.into()).is_none() {
            self.unsuited("default", "values of the field's type");
        }
        self
    }

    fn unsuited(&mut self, what: &str, of: &str) {
        self.wrong = Some(format!("`{what}` is for {of}"));
    }
}

fn set_default(schema: &mut PrimitiveSchemaDefinition, value: Value) -> Option<()> {
    match schema {
        PrimitiveSchemaDefinition::String(field) => field.default = Some(value.as_str()?.to_owned()),
        PrimitiveSchemaDefinition::Number(field) => field.default = Some(value.as_f64()?),
        PrimitiveSchemaDefinition::Boolean(field) => field.default = Some(value.as_bool()?),
        PrimitiveSchemaDefinition::Enum(field) => match field {
            EnumSchema::UntitledSingle(field) => field.default = Some(value.as_str()?.to_owned()),
            EnumSchema::TitledSingle(field) => field.default = Some(value.as_str()?.to_owned()),
            EnumSchema::LegacyTitled(field) => field.default = Some(value.as_str()?.to_owned()),
            EnumSchema::UntitledMulti(field) => field.default = Some(serde_json::from_value(value).ok()?),
            EnumSchema::TitledMulti(field) => field.default = Some(serde_json::from_value(value).ok()?),
        },
    }
    Some(())
}

/// The default of a field, as an answer would say it.
pub(super) fn default_of(schema: &PrimitiveSchemaDefinition) -> Option<Value> {
    match schema {
        PrimitiveSchemaDefinition::String(field) => field.default.clone().map(Value::from),
        PrimitiveSchemaDefinition::Number(field) => field.default.map(|number| {
            let whole = number.fract() == 0.0 && number.abs() < 9e15;
            if whole { Value::from(number as i64) } else { Value::from(number) }
        }),
        PrimitiveSchemaDefinition::Boolean(field) => field.default.map(Value::from),
        PrimitiveSchemaDefinition::Enum(field) => match field {
            EnumSchema::UntitledSingle(field) => field.default.clone().map(Value::from),
            EnumSchema::TitledSingle(field) => field.default.clone().map(Value::from),
            EnumSchema::LegacyTitled(field) => field.default.clone().map(Value::from),
            EnumSchema::UntitledMulti(field) => field.default.clone().map(Value::from),
            EnumSchema::TitledMulti(field) => field.default.clone().map(Value::from),
        },
    }
}
