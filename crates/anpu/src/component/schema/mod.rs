//! Makes of a Rust type the JSON schema that we publish for it: schemars' description, restated in the words that every
//! model provider takes (`docs/schemas.md` says which and why). It knows nothing of tools, requests or dialects.

mod definitions;
mod keywords;
mod merge;
mod plain;
mod restrict;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use definitions::Definitions;
use plain::{Contract, Plain};
pub(crate) use restrict::restricts;

/// The schema of arguments of type `T`: always an object, without anything that a provider refuses.
pub(crate) fn of_input<T: JsonSchema + ?Sized>() -> Value {
    conservative(raw_input::<T>())
}

/// The schema of structured content of type `T`, and whether its root is an object (older dialects take nothing else).
pub(crate) fn of_output<T: JsonSchema + ?Sized>() -> (Value, bool) {
    conservative_output(raw_output::<T>())
}

/// What schemars says of `T` as something we read, untouched.
pub(crate) fn raw_input<T: JsonSchema + ?Sized>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// What schemars says of `T` as something we write, untouched.
pub(crate) fn raw_output<T: JsonSchema + ?Sized>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// Restates a schema of arguments. The root is `{"type": "object", "properties": {…}}` whatever came in, because
/// arguments are an object in every dialect.
pub(crate) fn conservative(schema: Value) -> Value {
    let definitions = Definitions::of(schema);
    let mut plain = Plain::new(&definitions, Contract::Input);
    let (root, _) = plain.root();
    let (mut root, _) = merge::root(&mut plain, root);
    root.insert("type".into(), json!("object"));
    root.entry("properties").or_insert_with(|| json!({}));
    plain.with_definitions(root)
}

/// Restates a schema of structured content. `null` stays where serde writes it, because clients check what we send; a
/// root that can be something else than an object stays as it is, and the second value is false.
pub(crate) fn conservative_output(schema: Value) -> (Value, bool) {
    let definitions = Definitions::of(schema);
    let mut plain = Plain::new(&definitions, Contract::Output);
    let (root, nullable) = plain.root();
    let (root, is_object) = merge::root(&mut plain, root);
    if !is_object || nullable {
        let whole = plain::whole(root, nullable);
        return (plain.with_definitions(whole), false);
    }
    (plain.with_definitions(root), true)
}
