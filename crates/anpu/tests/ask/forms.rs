//! Forms as structs and choices as enums, from the derive to the wire and back.

use anpu::model::StringFormat;
use anpu::prelude::*;
use anpu::{Number, Question};
use serde_json::json;

use super::client::{Client, all};

#[derive(Form, Debug, Clone, Copy, PartialEq)]
enum Size {
    /// fits a child
    Small,
    #[form(title = "fits all", rename = "XL")]
    ExtraLarge,
    MadeToMeasure,
}

#[derive(Form, Debug, PartialEq)]
#[allow(dead_code, reason = "looked at by Debug")]
struct Order {
    /// where the invoice goes
    #[form(title = "E-mail", format = "email", max_length = 100)]
    email: String,
    #[form(min = 1, max = 10, default = 1)]
    count: u32,
    #[form(default = "XL")]
    size: Size,
    #[form(description = "what else", min_items = 1, max_items = 2)]
    also: Option<Vec<Size>>,
    r#type: bool,
    #[form(min = -1.5, rename = "rebate")]
    discount: Option<f32>,
}

/// Order a shirt.
#[tool]
async fn order(cx: Cx) -> Result<String> {
    match cx.ask("order", Form::<Order>::new("Your order:")).await {
        Ok(outcome) => Ok(format!("{outcome:?}")),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(error.to_string()),
        Err(error) => Err(error),
    }
}

/// Ask one thing after the other.
#[tool]
async fn survey(cx: Cx) -> Result<String> {
    let one = cx.ask("one", Choice::titled("One?", [("a", "A"), ("b", "B")]).default_value("b")).await?;
    let size = cx.ask("size", Choice::<Size>::of("Size?")).await?;
    let some = cx.ask("some", Choices::new("Some?", ["x", "y", "z"]).min_items(1).max_items(2)).await?;
    let number = cx.ask("number", Number::integer("Number?").min(0.0)).await?;
    Ok(format!("{one:?} {size:?} {some:?} {number:?}"))
}

/// Ask what nobody can answer.
#[tool]
async fn nonsense(cx: Cx) -> Result<String> {
    cx.ask("n", Choice::new("Which?", ["a", "b"]).default_value("c")).await?.or_declined("no")
}

fn server() -> Server {
    Server::new("forms", "1.0.0").with(components![order, survey, nonsense])
}

#[tokio::test(start_paused = true)]
async fn a_struct_is_the_form_that_its_attributes_say() {
    let client = Client::open(server(), all()).await;
    client.call(1, "order");
    let question = client.question("elicitation/create").await;
    let sizes = json!([{ "const": "Small", "title": "fits a child" }, { "const": "XL", "title": "fits all" },
        { "const": "MadeToMeasure", "title": "Made to measure" }]);
    let schema = json!({ "type": "object", "required": ["email", "type"], "properties": {
        "email": { "type": "string", "title": "E-mail", "description": "where the invoice goes", "format": "email",
            "maxLength": 100 },
        "count": { "type": "integer", "minimum": 1, "maximum": 10, "default": 1 },
        "size": { "type": "string", "oneOf": sizes, "default": "XL" },
        "also": { "type": "array", "description": "what else", "minItems": 1, "maxItems": 2,
            "items": { "anyOf": sizes } },
        "type": { "type": "boolean" },
        "rebate": { "type": "number", "minimum": -1.5 } } });
    assert_eq!(question["params"]["requestedSchema"], schema);
    let content = json!({ "email": "a@b.example", "count": 2.0, "size": "Small", "also": ["XL"], "type": true,
        "rebate": 0.5 });
    client.answer(&question, json!({ "action": "accept", "content": content }));
    let order = Order {
        email: "a@b.example".into(),
        count: 2,
        size: Size::Small,
        also: Some(vec![Size::ExtraLarge]),
        r#type: true,
        discount: Some(0.5),
    };
    assert_eq!(client.text(1).await, format!("{:?}", Outcome::Accepted(order)));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_empty_is_the_default_or_none() {
    let client = Client::open(server(), all()).await;
    client.call(1, "order");
    let question = client.question("elicitation/create").await;
    client.answer(&question, json!({ "action": "accept", "content": { "email": "a@b.example", "type": false } }));
    let text = client.text(1).await;
    assert!(text.contains("count: 1, size: ExtraLarge, also: None, type: false, discount: None"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_is_named() {
    let client = Client::open(server(), all()).await;
    client.call(1, "order");
    let question = client.question("elicitation/create").await;
    let content = json!({ "email": "nobody", "count": 11, "size": "M", "also": [], "rebate": -2, "extra": 1 });
    client.answer(&question, json!({ "action": "accept", "content": content }));
    let text = client.text(1).await;
    for name in ["email", "count", "size", "also", "type", "rebate", "extra"] {
        assert!(text.contains(&format!("`{name}`: ")), "{name}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn single_questions_are_forms_of_one_field() {
    let client = Client::open(server(), all()).await;
    client.call(1, "survey");
    let fields = [
        (
            json!({ "type": "string", "oneOf": [{ "const": "a", "title": "A" }, { "const": "b", "title": "B" }],
            "default": "b" }),
            json!("a"),
        ),
        (
            json!({ "type": "string", "oneOf": [{ "const": "Small", "title": "fits a child" },
            { "const": "XL", "title": "fits all" }, { "const": "MadeToMeasure", "title": "Made to measure" }] }),
            json!("MadeToMeasure"),
        ),
        (
            json!({ "type": "array", "items": { "type": "string", "enum": ["x", "y", "z"] }, "minItems": 1,
            "maxItems": 2 }),
            json!(["z", "x"]),
        ),
        (json!({ "type": "integer", "minimum": 0 }), json!(7)),
    ];
    for (field, value) in fields {
        let question = client.question("elicitation/create").await;
        let schema = json!({ "type": "object", "properties": { "value": field }, "required": ["value"] });
        assert_eq!(question["params"]["requestedSchema"], schema);
        client.answer(&question, json!({ "action": "accept", "content": { "value": value } }));
    }
    let told = r#"Accepted("a") Accepted(MadeToMeasure) Accepted(["z", "x"]) Accepted(7)"#;
    assert_eq!(client.text(1).await, told);
}

#[tokio::test(start_paused = true)]
async fn an_older_version_is_asked_for_one_choice_and_answers_with_one() {
    let client = Client::speaking("2025-06-18", server(), all()).await;
    client.call(1, "survey");
    for value in [json!("b"), json!("XL"), json!("y"), json!(1)] {
        let question = client.question("elicitation/create").await;
        let field = &question["params"]["requestedSchema"]["properties"]["value"];
        assert!(field.get("oneOf").is_none() && field.get("items").is_none() && field.get("default").is_none());
        client.answer(&question, json!({ "action": "accept", "content": { "value": value } }));
    }
    let told = r#"Accepted("b") Accepted(ExtraLarge) Accepted(["y"]) Accepted(1)"#;
    assert_eq!(client.text(1).await, told);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_cannot_be_answered_is_not_asked() {
    let client = Client::open(server(), all()).await;
    client.call(1, "nonsense");
    let reply = client.next().await;
    assert_eq!(reply["error"]["code"], -32603, "{reply}");
    client.is_quiet().await;
    let text = Text::new("?").format(StringFormat::Email).default_value("nobody");
    assert_eq!(text.check().unwrap_err().kind(), ErrorKind::Config);
}
