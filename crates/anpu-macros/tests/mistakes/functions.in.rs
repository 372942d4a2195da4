#[tool]
async fn borrowed(a: &str, b: &[u8], c: Option<&str>, d: &Path, e: &mut Thing, f: Vec<&'static str>) {}

#[tool]
async fn borrowed_extractor(cx: &Cx, notes: &State<Notes>) {}

#[tool]
async fn method(&self, a: u32) {}

#[tool]
async fn generic<T: Into<String>, const N: usize>(a: T) {}

#[tool]
async fn lifetime<'a>(a: u32) {}

#[tool]
async fn implied(a: impl Into<String>, b: Box<dyn Thing>, c: fn() -> u8) {}

#[tool]
async unsafe fn dangerous() {}

#[tool]
extern "C" fn foreign() {}

#[tool]
async fn nameless(_: u32, (a, b): (u32, u32)) {}

#[tool]
async fn mixed(query: Args<Query>, limit: u32) {}

#[tool]
async fn whole_twice(one: Args<One>, two: Args<Two>) {}

#[tool]
async fn whole_of_what(one: Args) {}

#[tool]
async fn arg_of_an_extractor(#[arg(min = 1)] notes: State<Notes>) {}

#[tool]
async fn completed(#[complete(names)] name: String) {}

#[tool]
async fn conditional(#[cfg(unix)] name: String) {}

#[tool(blocking)]
async fn blocking() {}

#[tool(titel = "Add", read_olny, timeout = "soon", icon = "http://x/y.png", name = "a b", meta(a = B), component = a::B)]
async fn attributes() {}

#[tool(read_only, destructive)]
async fn contradiction() {}

#[tool(name = 5, title, read_only = "yes", timeout = 0, meta = 1, crate = "anpu", component)]
async fn shapes() {}

#[prompt(read_only)]
async fn prompt(#[arg(min = 1)] count: u32, all: Args<Query>, code: &str, #[complete] lang: String) {}

#[resource]
async fn no_uri() {}

#[resource("note:///{id")]
async fn unbalanced(id: String) {}

#[resource("note:///{id}/{part}")]
async fn different(id: String, prat: String) {}

#[resource("notes:///all{?tag}")]
async fn query(tag: String) {}

#[resource("note:///{id}", mime = "markdown", size = 5, audience = "everyone", priority = 2)]
async fn settings(id: String) {}

#[resource("note:///1", cache = "soon", public = "yes")]
async fn soon() {}

#[resource("note:///2", cache = 0)]
async fn never() {}

#[resource("note:///3", public)]
async fn public() {}

/// Generic.
#[derive(Args)]
struct Generic<T> {
    a: T,
}

/// A tuple.
#[derive(Args)]
struct Tuple(u32, u32);

/// Borrowed.
#[derive(Args)]
struct Borrowed {
    a: &'static str,
}

#[resource("note:///{note.id}")]
async fn dotted() {}
