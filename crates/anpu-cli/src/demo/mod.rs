//! `anpu demo`: a small notebook that a person would really use, served over Streamable HTTP or stdio.
//!
//! - `note`: what a note is; `store`: the notes in their file; `search`: finding them again.
//! - `tools`, `transfer` (import and export), `resources`, `prompts`: what clients see of them.
//! - `banner`: how to connect; `trace`: one line for each request.

mod banner;
mod note;
mod prompts;
mod resources;
mod search;
mod store;
mod tools;
mod trace;
mod transfer;

use std::io;
use std::path::PathBuf;

use anpu::{Components, Error, ErrorKind, Server};
use clap::Args;
use tokio::net::TcpListener;

use self::store::Notebook;
use self::trace::Trace;

/// What a model should know before it uses the notebook.
const INSTRUCTIONS: &str = "A person's notebook. Look with search_notes or list_notes before you add a note, so that \
    nothing is written down twice, and edit a note rather than adding a second one about the same thing. Every note is \
    also the resource note:///{id}; notes:///index lists them all.";

/// Serve a small notebook over MCP: try it with any client, keep it if you like it.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Serve standard input and output instead of HTTP, for clients that start the server themselves
    #[arg(long)]
    stdio: bool,
    /// The folder of the notebook; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "./anpu-data")]
    data: PathBuf,
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8000", conflicts_with = "stdio")]
    address: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { stdio: false, data: "./anpu-data".into(), address: "127.0.0.1:8000".to_owned() }
    }
}

/// Serves the notebook until the client hangs up (stdio) or the process is asked to end.
pub(crate) async fn run(options: Options) -> anpu::Result {
    let notebook = Notebook::open(&options.data)?;
    if options.stdio {
        crate::say(&banner::stdio(&notebook));
        return server(notebook).serve_stdio().await;
    }
    let listener = listen(&options.address).await?;
    let address = listener.local_addr()?;
    crate::say(&banner::http(&notebook, address));
    server(notebook).serve_listener(listener, asked_to_end()).await?;
    crate::say("Stopped. The notes are kept.");
    Ok(())
}

fn server(notebook: Notebook) -> Server {
    Server::new("notes", env!("CARGO_PKG_VERSION"))
        .title("Notebook")
        .description("A small notebook: the demo of anpu")
        .instructions(INSTRUCTIONS)
        .with(components())
        .provider(resources::Listed)
        .state(notebook)
        .hooks(Trace)
}

fn components() -> Components {
    let parts = [tools::components(), transfer::components(), resources::components(), prompts::components()];
    parts.into_iter().flatten().collect()
}

async fn listen(address: &str) -> anpu::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let instead = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another port with --address 127.0.0.1:8001 (port 0 \
                 takes any that is free)"
            }
            io::ErrorKind::PermissionDenied => "choose a port above 1023, such as --address 127.0.0.1:8000",
            io::ErrorKind::InvalidInput => "an address is a host and a port, such as --address 127.0.0.1:8000",
            _ => "choose another address, such as --address 127.0.0.1:8000",
        };
        Error::new(ErrorKind::Io, format!("cannot listen on {address}; {instead}")).because(error)
    })
}

/// Ready when the process gets Ctrl-C or SIGTERM.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn no_arguments_are_the_default() {
        let (parsed, default) = (Line::parse_from(["anpu"]).options, Options::default());
        assert_eq!(format!("{parsed:?}"), format!("{default:?}"));
    }

    #[tokio::test]
    async fn a_port_in_use_says_what_to_do() {
        let first = listen("127.0.0.1:0").await.unwrap();
        let error = listen(&first.local_addr().unwrap().to_string()).await.unwrap_err();
        assert!(error.to_string().contains("choose another port with --address"), "{error}");
    }

    #[test]
    fn the_server_is_put_together_rightly() {
        let folder = store::tests::folder("server");
        server(Notebook::open(&folder).unwrap()).build().unwrap();
    }
}
