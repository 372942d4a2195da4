//! The everything-server under clients that come and go at random; afterwards it must hold no more than before.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::conformance::server::Server;
use crate::shell;

/// How long a soak takes unless told otherwise.
const MINUTES: f64 = 15.0;
/// The longest that makes sense on one machine: a day.
const MOST: f64 = 24.0 * 60.0;
/// After how many seconds the server forgets an abandoned session: more than a client pauses. `ANPU_IDLE_SECONDS`
/// changes it; with 0 no session is ever forgotten, and the soak must fail.
const IDLE: &str = "8";

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    minutes: f64,
    seed: Option<u64>,
}

/// Builds server and clients, lets them meet, and judges what is left.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let asked = asked(words)?;
    let build = ["build", "--release", "--quiet", "-p", "anpu-conformance", "--bin", "everything-server"];
    shell::quiet("soak-build", &mut shell::cargo(&[&build[..], &["--example", "soak"]].concat()))?;
    let folder = shell::target().join("release");
    let mut command = Command::new(folder.join("everything-server"));
    let idle = std::env::var("ANPU_IDLE_SECONDS").unwrap_or_else(|_| IDLE.to_owned());
    command.arg("--figures").env("ANPU_IDLE_SECONDS", idle);
    let server = Server::start_as(command)?;
    let seconds = (asked.minutes * 60.0).round();
    let arguments = [
        server.address().to_string(),
        server.pid().to_string(),
        seconds.to_string(),
        asked.seed.unwrap_or_else(now).to_string(),
    ];
    let clients = Command::new(folder.join("examples/soak")).args(arguments).status();
    let status = clients.map_err(|e| format!("the clients do not start: {e}"))?;
    server.stop()?;
    if status.success() { Ok(()) } else { Err(format!("the soak failed ({status}); above is why")) }
}

fn asked(words: &[&str]) -> Result<Asked, String> {
    let mut asked = Asked { minutes: MINUTES, seed: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = *words.next().ok_or_else(|| format!("`{word}`: soak takes --minutes N and --seed N"))?;
        match *word {
            "--minutes" => {
                let minutes = value.parse().ok().filter(|minutes| (0.1..=MOST).contains(minutes));
                asked.minutes = minutes.ok_or_else(|| format!("--minutes `{value}`: a number from 0.1 to {MOST}"))?;
            }
            "--seed" => {
                asked.seed = Some(value.parse().map_err(|e| format!("--seed `{value}`: {e}"))?);
            }
            _ => return Err(format!("`{word}`: soak takes --minutes N and --seed N")),
        }
    }
    Ok(asked)
}

/// A seed nobody chose; it is printed.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_minutes_and_a_seed() {
        assert_eq!(asked(&[]), Ok(Asked { minutes: 15.0, seed: None }));
        assert_eq!(asked(&["--seed", "7", "--minutes", "0.5"]), Ok(Asked { minutes: 0.5, seed: Some(7) }));
        for wrong in [&["--minutes"][..], &["--minutes", "0"], &["--minutes", "NaN"], &["--seed", "x"], &["--for", "1"]]
        {
            assert!(asked(wrong).is_err(), "{wrong:?}");
        }
    }
}
