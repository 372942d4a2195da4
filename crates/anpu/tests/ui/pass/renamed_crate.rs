//! A crate that has anpu under another path, and modules that are called like crates of Rust.

mod vendor {
    pub mod mcp {
        pub use ::anpu::*;
    }
}

mod option {}
mod core {}
mod std {}

#[crate::vendor::mcp::tool(crate = crate::vendor::mcp)]
async fn add(
    #[arg(default = 1)] a: f64,
    #[arg(default = "x")] name: ::std::option::Option<::std::string::String>,
    cx: crate::vendor::mcp::Cx,
) -> f64 {
    let _ = (name, cx);
    a
}

#[crate::vendor::mcp::prompt(crate = crate::vendor::mcp)]
async fn hello(name: ::std::string::String) -> ::std::string::String {
    name
}

#[crate::vendor::mcp::resource("a://{b}", crate = crate::vendor::mcp)]
async fn read(b: ::std::string::String) -> ::std::string::String {
    b
}

#[derive(crate::vendor::mcp::Args)]
#[arg(crate = crate::vendor::mcp)]
struct Query {
    words: ::std::string::String,
}

#[crate::vendor::mcp::tool(crate = crate::vendor::mcp)]
async fn search(query: crate::vendor::mcp::Args<Query>) -> ::std::string::String {
    query.0.words
}

fn main() {
    let all = crate::vendor::mcp::components![add, hello, read, search];
    ::std::assert_eq!(all.len(), 4);
}
