//! The attribute macros of anpu: `#[tool]`, `#[prompt]`, `#[resource]`, `derive(Args)` and `derive(Form)`.
//!
//! They write only what a user could write with the builders of `anpu`. This file is the doors; behind each is a module of
//! the same name. `function` reads what is under the attribute, `options` what is inside it, `emit` writes.

mod about;
mod args;
mod arguments;
mod constraint;
mod emit;
mod form;
mod function;
#[cfg(test)]
mod golden;
mod kind;
mod literal;
mod options;
mod pattern;
mod prompt;
mod resource;
mod sink;
mod template;
mod text;
mod tool;

use proc_macro::TokenStream;

/// Makes a tool of a function.
///
/// The function stays as it is, so a unit test can call it. Beside it stands a component of the same name, which
/// `components!` finds by its path:
///
/// ```
/// use anpu::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(
///     /// the first addend
///     a: f64,
///     /// the second addend
///     b: f64,
/// ) -> f64 {
///     a + b
/// }
///
/// let components = components![add];
/// # let _ = components;
/// ```
///
/// The same by hand is `Tool::new("add").description("Add two numbers.").input::<Arguments>().handler(..)`.
///
/// # What it says about itself
///
/// The doc comment is the description; those of the parameters are theirs. The rest goes into the attribute:
///
/// | key | |
/// | --- | --- |
/// | `name = ".."` | the name, if not the function's |
/// | `title = ".."` | the name for people |
/// | `description = ".."` | in place of the doc comment |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints; each may be `= false` |
/// | `icon = "https://.."` | may be repeated |
/// | `meta(key = "value", "example.com/key" = 1)` | members of `_meta` |
/// | `timeout = "30s"` | in place of the server's; also seconds, as in `timeout = 30` |
/// | `replay` | a call that died with its process runs again from its start: `Tool::replay` says when and what that asks for |
/// | `blocking` | a plain `fn` that blocks: it runs on the blocking pool |
/// | `raw_schema` | publishes the schema as schemars writes it |
/// | `component = Add` | the component's name, where a module or type of the function's name is in the way |
/// | `crate = path` | where anpu is, if not at `::anpu` |
///
/// # What it takes
///
/// A parameter is an argument, unless its type is called `Cx`, `State`, `Session`, `User`, `Args` or `Extension`, or it is
/// marked `#[from_cx]`: then it comes from the request. An argument is owned and implements `serde::Deserialize` and
/// `schemars::JsonSchema`; one that is an `Option` may be left out.
///
/// `Args<T>`, where `T` derives `Args`, is all arguments as one struct; there are no others beside it.
///
/// # Constraints
///
/// `#[arg(..)]` on an argument is published in the schema and enforced before the function is called. It takes literals,
/// and what does not suit the argument's type is a compile error.
///
/// ```
/// use anpu::prelude::*;
///
/// /// Order an item.
/// #[tool(title = "Order", idempotent, timeout = "5s")]
/// async fn order(
///     /// product id
///     #[arg(pattern = "^[a-z]+-[0-9]+$", examples = ["apple-1"])]
///     item: String,
///     /// how many
///     #[arg(min = 1, max = 100, default = 1)]
///     quantity: u32,
///     #[arg(max_items = 3, unique)] labels: Option<Vec<String>>,
///     cx: Cx,
/// ) -> Result<String> {
///     cx.progress(0.5, "packing").await;
///     Ok(format!("{quantity} of {item}"))
/// }
/// ```
///
/// | on | keys |
/// | --- | --- |
/// | numbers | `min`, `max`, `exclusive` (both bounds are outside), `exclusive_min`, `exclusive_max`, `multiple_of` |
/// | texts | `min_length`, `max_length`, `pattern`, `format` (`date-time`, `date`, `email`, `uri`, `uuid`, `ipv4`, `ipv6`) |
/// | lists | `min_items`, `max_items`, `unique` |
/// | all | `default` (the type's own), `default = ..`, `examples = [..]`, `title = ".."`, `rename = ".."` |
/// | texts, whole numbers, bools | `header = "Region"`: clients repeat it as the header `Mcp-Param-Region` |
///
/// # What it returns
///
/// Anything that is `IntoReply`. An `async fn` must have a future that is `Send`. A plain `fn` is called where the request
/// is handled, so it must be quick; if it is not, it is `blocking`, and waits for futures with `Cx::wait`.
///
/// Tools are free functions: an attribute inside of an `impl` finds no room for the component. What tools share, they take
/// as `State<T>`.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tool::expand(attribute.into(), item.into()).into()
}

/// Makes a prompt of a function.
///
/// ```
/// use anpu::prelude::*;
///
/// /// Ask for a review.
/// #[prompt(title = "Code review")]
/// async fn review(
///     /// what to look at
///     code: String,
///     #[complete(["Rust", "Ruby", "Python"])] language: Option<String>,
/// ) -> String {
///     format!("Review this {} code:\n{code}", language.unwrap_or_default())
/// }
///
/// let components = components![review];
/// # let _ = components;
/// ```
///
/// The arguments of a prompt are texts, read with `FromStr`; one that is an `Option` may be left out. `#[complete(..)]`
/// takes an async function of `Completing`, or a list of texts; `#[arg(rename = "..", title = "..")]` is all there is to
/// constrain. Everything else is as with `#[tool]`: doc comments describe, extractors come from the request, and the
/// attribute takes `name`, `title`, `description`, `icon`, `meta`, `component` and `crate`. It returns what is
/// `IntoMessages`.
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    prompt::expand(attribute.into(), item.into()).into()
}

/// Makes a resource of a function, or, with variables in the URI, a resource template.
///
/// ```
/// use anpu::prelude::*;
///
/// /// The settings.
/// #[resource("config://app", mime = "application/json", cache = "1h", public)]
/// async fn settings() -> &'static str {
///     "{}"
/// }
///
/// /// A page of a book.
/// #[resource("book:///{title}/{page}{?language}", mime = "text/plain", audience = "user")]
/// async fn page(title: String, page: u32, language: Option<String>) -> Result<String> {
///     Ok(format!("{title}, page {page} {}", language.unwrap_or_default()))
/// }
///
/// let components = components![settings, page];
/// # let _ = components;
/// ```
///
/// The variables of the URI and the arguments of the function are the same names; they are texts, read with `FromStr`, and
/// can be completed, as those of a prompt. What stands there by name (`{?language}`, `{&language}`, `{;language}`) may be missing
/// and so is an `Option`. The URI is checked at compile time; templates are those of RFC 6570 up to level 3, as far as they can be
/// matched.
///
/// Beside `name`, `title`, `description`, `icon`, `meta`, `component` and `crate` it takes `mime = "text/markdown"`,
/// `size = 120` (bytes, not for templates), `audience = "user"` (or `"assistant"`, or a list of both) and
/// `priority = 0.5`. With `cache = "1h"` (or `"500ms"`, `"30s"`, `"5m"`, or seconds as a number) clients that carry
/// themselves with every request may keep the contents for so long, each for the one who asked; with `public` beside it,
/// proxies may share them. It returns what is `IntoContents`.
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    resource::expand(attribute.into(), item.into()).into()
}

/// Makes a struct the argument object of a tool: implements `serde::Deserialize` and `schemars::JsonSchema`, of which the
/// crate needs to know neither.
///
/// ```
/// use anpu::prelude::*;
///
/// /// What to look for.
/// #[derive(Args)]
/// struct Query {
///     /// the words
///     #[arg(min_length = 1)]
///     words: String,
///     #[arg(min = 1, max = 50, default = 10)]
///     limit: u32,
///     after: Option<String>,
/// }
///
/// /// Search the notes.
/// #[tool(read_only)]
/// async fn search(query: Args<Query>) -> String {
///     format!("{} of {}", query.limit, query.words)
/// }
/// ```
///
/// Doc comments are descriptions and `#[arg(..)]` is that of `#[tool]`. `#[serde(..)]` and `#[schemars(..)]` on the struct
/// and its fields work as they do under their own derives; `#[arg(crate = path)]` on the struct says where anpu is. The
/// struct has named fields and no generics.
#[proc_macro_derive(Args, attributes(arg, serde, schemars))]
pub fn args(item: TokenStream) -> TokenStream {
    args::expand(item.into()).into()
}

/// Makes a struct a form that a person fills in, or an enum a choice in such a form.
///
/// ```
/// use anpu::prelude::*;
///
/// #[derive(Form)]
/// enum Size {
///     /// fits a child
///     Small,
///     #[form(title = "fits all", rename = "XL")]
///     ExtraLarge,
/// }
///
/// #[derive(Form)]
/// struct Order {
///     /// where the invoice goes
///     #[form(title = "E-mail", format = "email", max_length = 100)]
///     email: String,
///     #[form(min = 1, max = 10, default = 1)]
///     count: u32,
///     #[form(default = "XL")]
///     size: Size,
///     #[form(max_items = 1)]
///     also: Vec<Size>,
///     gift: bool,
///     note: Option<String>,
/// }
///
/// /// Order a shirt.
/// #[tool]
/// async fn order(cx: Cx) -> Result<String> {
///     let order = cx.ask("order", Form::<Order>::new("Your order:")).await?.or_declined("they want none")?;
///     Ok(format!("{} for {}", order.count, order.email))
/// }
/// ```
///
/// A field is a text, a number, a `bool`, an enum that derives `Form` too, a `Vec` of such an enum, or an `Option` of one
/// of them, which may be left empty. A doc comment is the description, and of a variant its name for people; without one
/// its words are. A variant is its own name on the wire.
///
/// | on | `#[form(..)]` takes |
/// | --- | --- |
/// | fields | `title`, `description` (in place of the doc comment), `rename`, `default = ..` |
/// | texts | `min_length`, `max_length`, `format` (`email`, `uri`, `date`, `date-time`) |
/// | numbers | `min`, `max` |
/// | lists | `min_items`, `max_items` |
/// | variants | `title`, `rename` |
/// | the struct or enum | `crate = path`: where anpu is, if not at `::anpu` |
///
/// Clients fill in the defaults, in versions that have them for the field. A field with a default may also be left empty,
/// and then has the default, unless it is an `Option`: that is `None`.
#[proc_macro_derive(Form, attributes(form))]
pub fn form(item: TokenStream) -> TokenStream {
    form::expand(item.into()).into()
}
