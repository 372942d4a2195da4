//! Every key of every macro, under the lints of a strict crate.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, clippy::all)]

use anpu::Described;
use anpu::prelude::*;

/// A unit.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Metric,
    Imperial,
}

/// What to look for.
#[derive(Args, Debug)]
#[serde(rename_all = "camelCase")]
struct Query {
    /// the words
    #[arg(min_length = 1, title = "Words", examples = ["tea"])]
    all_words: String,
    #[arg(min = 1, max = 50, default = 10)]
    limit: u32,
    after: Option<Unit>,
    inside: Vec<Query>,
}

#[derive(Args)]
struct Empty {}

struct Tenant(String);

impl FromCx for Tenant {
    async fn from_cx(_: &Cx) -> Result<Self> {
        Ok(Self("me".to_owned()))
    }
}

/// All of it.
#[tool(
    name = "all.of_it",
    title = "All of it",
    description = "Not the doc comment",
    read_only,
    destructive = false,
    idempotent,
    open_world = false,
    icon = "https://example.com/a.png",
    icon = "https://example.com/b.png",
    meta(rank = -3, weight = 1.5, "example.com/kind" = "x", beta = true),
    timeout = "1500ms",
    raw_schema,
    component = AllOfIt
)]
async fn all_of_it(
    #[arg(min = -1, max = 5, default = 1)] ratio: f64,
    #[arg(exclusive_min = 0, exclusive_max = 9, multiple_of = 3)] step: i64,
    #[arg(min = 0, max = 1, exclusive)] share: f32,
    #[arg(default = "metric")] unit: Unit,
    #[arg(default = ["a", "b"], max_items = 5, unique)] tags: Vec<String>,
    #[arg(default)] more: Vec<u8>,
    #[arg(default = 3)] perhaps: Option<u8>,
    #[arg(pattern = "^[a-z]+$", format = "email", rename = "hostName", header = "Host-Name")] host: String,
    #[from_cx] Tenant(tenant): Tenant,
) -> String {
    format!("{ratio} {step} {share} {unit:?} {tags:?} {more:?} {perhaps:?} {host} {tenant}")
}

mod all_of_it {}

/// Names that the generated code also has.
#[tool]
async fn shadows(arguments: String, vars: u8, cx: Cx, r#type: Option<String>) -> Result<String> {
    let _ = (vars, cx, r#type);
    Ok(arguments)
}

/// A parameter that is called like the function.
#[tool]
async fn call(call: String) -> String {
    call
}

#[tool]
async fn search(Args(query): Args<Query>, units: State<Unit>) -> String {
    format!("{query:?} {:?}", *units)
}

#[tool]
async fn empty(_all: Args<Empty>) {}

#[tool]
fn quick() -> u8 {
    1
}

#[tool(blocking)]
fn slow(path: String, cx: Cx) -> Result<usize> {
    cx.wait(cx.progress(1.0, "read"));
    Ok(path.len())
}

#[prompt(title = "Plain", icon = "https://example.com/a.png", meta(a = 1))]
async fn plain() -> &'static str {
    "hello"
}

#[prompt]
async fn typed(
    /// how many
    #[arg(rename = "maxLines", title = "Lines")]
    max_lines: u32,
    #[complete(["Rust", "Ruby"])] vars: Option<String>,
    cx: Cx,
) -> Result<String> {
    let _ = (vars, cx);
    Ok(max_lines.to_string())
}

#[prompt(blocking)]
fn from_disk(name: String, cx: Cx) -> String {
    let _ = cx;
    name
}

#[resource("config://app", name = "The settings", mime = "application/json", size = 2, audience = "user", priority = 1)]
async fn settings() -> &'static str {
    "{}"
}

#[resource("book:///{title}/{page}{?vars,cx}", audience = ["user", "assistant"], priority = 0.5)]
async fn page(title: String, page: u32, vars: Option<String>, cx: Option<u8>, at: State<Unit>) -> Result<String> {
    let _ = (vars, cx, at);
    Ok(format!("{title} {page}"))
}

#[resource("file:///{+path}", blocking)]
fn file(path: String) -> Vec<u8> {
    path.into_bytes()
}

fn main() {
    let names: Vec<String> =
        components![AllOfIt, shadows, call, search, empty, quick, slow, plain, typed, from_disk, settings, page, file]
            .iter()
            .map(ToString::to_string)
            .collect();
    assert_eq!(names[0], "tool `all.of_it`");
    assert_eq!(names[10], "resource `config://app`");
    assert_eq!(names[11], "resource template `book:///{title}/{page}{?vars,cx}`");
    assert_eq!(<file as Described>::component().to_string(), "resource template `file:///{+path}`");
    let _ = Unit::Imperial;
}
