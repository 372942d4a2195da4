//! `anpu demo`: a small notebook that a person would really use, served over Streamable HTTP or stdio.
//!
//! - `note`: what a note is; `store`: the notes in their file; `search`: finding them again.
//! - `tools`, `transfer` (import and export), `resources`, `prompts`: what clients see of them.
//! - `banner`: how to connect; `trace`: one line for each request.
//! - `keeping`: where sessions are kept; `handover`: one process takes the place of another.

mod banner;
mod handover;
mod keeping;
mod note;
mod prompts;
mod resources;
mod search;
mod store;
mod tools;
mod trace;
mod transfer;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use anpu::{Components, Error, ErrorKind, Server, handed_over, shutdown_signal};
use clap::Args;
use tokio::net::TcpListener;

use self::handover::{Link, Order};
pub(crate) use self::keeping::Place;
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
    /// Where sessions are kept: a file, or a server as redis://HOST:PORT; default: $ANPU_STORE, or a file beside the notes
    #[arg(long, value_name = "FILE|URL")]
    store: Option<String>,
    /// Hold the socket and let another process serve it: on SIGHUP, a new one takes over, and no connection is refused
    #[arg(long, conflicts_with = "stdio")]
    handover: bool,
    /// What --handover starts
    #[arg(long, hide = true)]
    worker: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stdio: false,
            data: "./anpu-data".into(),
            address: "127.0.0.1:8000".to_owned(),
            store: None,
            handover: false,
            worker: false,
        }
    }
}

impl Options {
    /// The arguments of a process that serves the same for this one.
    fn for_worker(&self) -> Vec<OsString> {
        let mut arguments = vec!["demo".into(), "--worker".into(), "--data".into(), self.data.clone().into()];
        if let Some(store) = &self.store {
            arguments.extend(["--store".into(), store.into()]);
        }
        arguments
    }
}

/// Serves the notebook until the client hangs up (stdio) or the process is asked to end.
pub(crate) async fn run(options: Options) -> anpu::Result {
    if options.handover {
        handover::supervise(&options).await?;
    } else if options.worker {
        return work(&options).await;
    } else if options.stdio {
        let (notebook, place) = open(&options)?;
        crate::say(&banner::stdio(&notebook));
        return place.keep(server(notebook)).await?.serve_stdio().await;
    } else {
        let (notebook, place) = open(&options)?;
        let listener = match handed_over()? {
            Some(listener) => listener,
            None => listen(&options.address).await?,
        };
        let banner = banner::http(&notebook, listener.local_addr()?);
        let server = place.keep(server(notebook)).await?;
        crate::say(&banner);
        server.serve_listener(listener, shutdown_signal()).await?;
    }
    crate::say("Stopped. The notes are kept.");
    Ok(())
}

/// Serves the socket of a supervisor, from when it says so until it wants no more.
async fn work(options: &Options) -> anpu::Result {
    let no_socket = || Error::new(ErrorKind::Config, "--worker is for --handover, which hands over a socket");
    let listener = handed_over()?.ok_or_else(no_socket)?;
    let Some((mut link, order)) = Link::report().await? else { return Ok(()) };
    let (notebook, place) = open(options)?;
    let said = match order {
        Order::First => banner::http(&notebook, listener.local_addr()?) + "\nSIGHUP has another process take over.",
        Order::Next => banner::again(&notebook),
    };
    let server = place.keep(server(notebook)).await?;
    link.ready().await?;
    crate::say(&said);
    let asked_to_end = async {
        tokio::select! {
            () = link.ended() => {}
            () = shutdown_signal() => {}
        }
    };
    server.serve_listener(listener, asked_to_end).await
}

fn open(options: &Options) -> anpu::Result<(Notebook, Place)> {
    let place = Place::named(options.store.as_deref(), &options.data)?;
    Ok((Notebook::open(&options.data)?, place))
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
