//! The same things without macros: what `#[tool]` and its kin write for you, and a tool whose schema comes from outside.

use anpu::prelude::*;
use anpu::{PromptArgument, ResourceTemplate, Tool, Vars};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, schemars::JsonSchema)]
struct Add {
    /// the first addend
    a: f64,
    /// the second addend
    b: f64,
}

fn components() -> Components {
    let add = Tool::new("add")
        .description("Add two numbers.")
        .input::<Add>()
        .handler(|args: Add, _| async move { args.a + args.b });
    let schema = json!({ "type": "object", "properties": { "sql": { "type": "string" } }, "required": ["sql"] });
    let query = Tool::new("query")
        .read_only(true)
        .input_schema(schema)
        .handler(|args: Value, _| async move { format!("would run {}", args["sql"]) });
    let note =
        ResourceTemplate::new("note:///{id}").name("note").mime("text/plain").handler(|vars: Vars, _| async move {
            let id: u32 = vars.get("id")?;
            Ok::<_, anpu::Error>(format!("note number {id}"))
        });
    let greet = anpu::Prompt::new("greet")
        .argument(PromptArgument::new("name").required(true))
        .complete("name", ["Ada", "Grace"])
        .handler(|vars: Vars, _| async move {
            let name: String = vars.get("name")?;
            Ok::<_, anpu::Error>(format!("Greet {name}, please."))
        });
    Components::from([add, query, note, greet])
}

#[tokio::main]
async fn main() -> anpu::Result {
    Server::new("by-hand", "1.0.0").with(components()).serve_stdio().await
}
