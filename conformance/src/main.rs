//! The everything-server: each fixture of the official conformance suite, on one endpoint or on stdio.

mod figures;
mod ledger;
mod load;
mod media;
mod place;
mod probes;
mod prompts;
mod questions;
mod resources;
mod rounds;
mod schemas;
mod tools;
mod triggers;

use std::env;
use std::io::{self, Write as _};
use std::time::Duration;

use anpu::prelude::*;
use anpu::{Error, ErrorKind};

/// Where it listens when `PORT` does not say.
const PORT: u16 = 8101;

/// What to serve on, as the command line and the environment say.
#[derive(Debug, PartialEq, Eq)]
enum On {
    Stdio,
    Http(u16),
}

#[tokio::main]
async fn main() -> Result {
    let (figures, arguments): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument == "--figures");
    let on = on(arguments, env::var("PORT").ok())?;
    let mut server = server();
    if let Ok(seconds) = env::var("ANPU_IDLE_SECONDS") {
        server = server.idle_timeout(idle(&seconds)?);
    }
    if !figures.is_empty() {
        server = server.with(figures::components()).with(ledger::components());
    }
    server = place::stored(server, env::var("ANPU_STORE").ok()).await?;
    match on {
        On::Stdio => server.serve_stdio().await,
        On::Http(port) => {
            // In a container others have to reach it. Then it answers to any host: only for tests.
            let host = env::var("ANPU_HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
            writeln!(io::stderr(), "everything-server: starting at http://{host}:{port}/mcp")?;
            server.serve_http((host, port)).await
        }
    }
}

/// The tool without arguments stands first: the suite calls whatever is listed first with `{}`.
fn server() -> Server {
    Server::new("everything-server", env!("CARGO_PKG_VERSION"))
        .title("Everything")
        .instructions("Fixtures of the official conformance suite.")
        .with(tools::components())
        .with(questions::components())
        .with(rounds::components())
        .with(probes::components())
        .with(triggers::components())
        .with(schemas::json_schema_2020_12_tool())
        .with(load::components())
        .with(resources::components())
        .with(prompts::components())
}

fn on(arguments: impl IntoIterator<Item = String>, port: Option<String>) -> Result<On> {
    let mut on = match port {
        Some(port) => On::Http(port.parse().map_err(|error| wrong(format!("PORT is `{port}`: {error}")))?),
        None => On::Http(PORT),
    };
    for argument in arguments {
        match argument.as_str() {
            "--stdio" => on = On::Stdio,
            other => return Err(wrong(format!("unknown argument `{other}`; there are only --stdio and --figures"))),
        }
    }
    Ok(on)
}

/// After how many seconds a session that is not used is forgotten; 0: never.
fn idle(seconds: &str) -> Result<Option<Duration>> {
    let seconds = seconds.parse().map_err(|error| wrong(format!("ANPU_IDLE_SECONDS is `{seconds}`: {error}")))?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

fn wrong(text: String) -> Error {
    Error::new(ErrorKind::Config, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_of(arguments: &[&str], port: Option<&str>) -> Result<On> {
        on(arguments.iter().map(|&argument| argument.to_owned()), port.map(str::to_owned))
    }

    #[test]
    fn the_arguments_say_where() {
        assert_eq!(on_of(&[], None).unwrap(), On::Http(8101));
        assert_eq!(on_of(&[], Some("9000")).unwrap(), On::Http(9000));
        assert_eq!(on_of(&["--stdio"], Some("9000")).unwrap(), On::Stdio);
        assert!(on_of(&[], Some("x")).unwrap_err().to_string().contains("`x`"));
        assert!(on_of(&["--sdtio"], None).unwrap_err().to_string().contains("--sdtio"));
    }

    #[test]
    fn idle_sessions_end_or_never() {
        assert_eq!(idle("5").unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(idle("0").unwrap(), None);
        assert!(idle("soon").unwrap_err().to_string().contains("`soon`"));
    }

    #[test]
    fn it_is_put_together_rightly() {
        server().with(figures::components()).with(ledger::components()).build().unwrap();
    }
}
