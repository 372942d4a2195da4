//! `cargo xtask clients --kills`: a server is killed under the official clients, and what they make of it is measured.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::packages::{self, Client, Packages, Program};
use super::served::{Served, Start};
use super::table;
use crate::shell;

/// How long a script may say nothing before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to clients, by the names that the scripts know.
const SCENARIOS: [&str; 5] = ["goes on", "began", "replay", "before", HANDED_OVER];
const HANDED_OVER: &str = "handed over";

/// What became of one thing that a client tried.
#[derive(Debug, PartialEq)]
struct Outcome {
    client: String,
    what: String,
    /// Whether it is as it must be; none where that is the client's affair, and only of interest.
    held: Option<bool>,
    seconds: f64,
    said: String,
}

/// What the scripts meet.
struct Stage {
    packages: Packages,
    /// The server that is killed.
    killed: PathBuf,
    /// The server whose socket is handed over; none if it is compared with another server that has no such thing.
    demo: Option<PathBuf>,
    data: PathBuf,
}

/// Kills the server under each client. With another program of the same tools, that one is killed, and nothing has to hold.
pub(crate) fn run(other: Option<&str>) -> Result<(), String> {
    let stage = Stage::set(other)?;
    let (mut outcomes, mut away) = (Vec::new(), Vec::new());
    for client in packages::CLIENTS {
        let Some(script) = script(client) else { continue };
        for scenario in SCENARIOS.into_iter().filter(|name| stage.demo.is_some() || *name != HANDED_OVER) {
            outcomes.extend(stage.play(client, script, scenario, &mut away)?);
        }
    }
    print!("{}", written(&outcomes));
    let longest = away.iter().max().copied().unwrap_or_default();
    println!("\nthe server was killed {} times, and was away for {} ms at most", away.len(), longest.as_millis());
    if other.is_none() { judged(&outcomes) } else { Ok(()) }
}

/// What must hold and does not is an error.
fn judged(outcomes: &[Outcome]) -> Result<(), String> {
    match outcomes.iter().filter(|outcome| outcome.held == Some(false)).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} do not hold", outcomes.len())),
    }
}

/// The script for a client, if it is one of ours that does one thing after another.
fn script(client: &Client) -> Option<&'static str> {
    match client.program {
        Program::Node(_) => Some(packages::KILLS_NODE),
        Program::Python(_) => Some(packages::KILLS_PYTHON),
        Program::Inspector(_) => None,
    }
}

impl Stage {
    fn set(other: Option<&str>) -> Result<Self, String> {
        let packages = packages::install()?;
        let data = packages.folder.join("kills");
        // What earlier runs left is of no interest, and there may be nothing.
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir_all(&data).map_err(|e| format!("{} cannot be made: {e}", data.display()))?;
        if let Some(other) = other {
            return Ok(Self { packages, killed: other.into(), demo: None, data });
        }
        shell::quiet("demo-build", &mut shell::cargo(&["build", "--quiet", "-p", "anpu-cli", "--bin", "anpu"]))?;
        let example = ["build", "--quiet", "-p", "anpu-conformance", "--example", "killed"];
        shell::quiet("killed-build", &mut shell::cargo(&example))?;
        let built = shell::target().join("debug");
        Ok(Self { packages, killed: built.join("examples/killed"), demo: Some(built.join("anpu")), data })
    }

    fn server(&self, name: &str, scenario: &str) -> Result<Served, String> {
        let place = self.data.join(name);
        let start = match &self.demo {
            Some(demo) if scenario == HANDED_OVER => Start::Demo { program: demo.clone(), data: place },
            _ => Start::Killed { program: self.killed.clone(), address: address()?, file: place },
        };
        Served::start(start, &super::logs()?.join(format!("{name}-server.log")))
    }

    /// One client in one scenario, with a server of its own.
    fn play(
        &self,
        client: &Client,
        script: &str,
        scenario: &str,
        away: &mut Vec<Duration>,
    ) -> Result<Vec<Outcome>, String> {
        let who = format!("{} {}", client.name, client.version);
        let name = format!("kills-{who}-{scenario}").replace(' ', "-").to_lowercase();
        let mut server = self.server(&name, scenario)?;
        let major = client.version.split('.').next().unwrap_or_default();
        let mut command = self.packages.command(client, script);
        command.args([major, server.url(), scenario]);
        let log = super::logs()?.join(format!("{name}.log"));
        let errors = File::create(&log).map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn();
        let child = child.map_err(|e| format!("{script} does not start: {e}"))?;
        let mut playing = Playing::begun(child)?;
        let mut outcomes = Vec::new();
        let ended = playing.on(&mut server, &who, &mut outcomes, away);
        if let Err(why) = ended {
            let what = format!("the script `{scenario}`");
            let said = format!("{why}; its errors are in {}", shown(&log));
            outcomes.push(Outcome { client: who, what, held: Some(false), seconds: 0.0, said });
        }
        Ok(outcomes)
    }
}

/// A script at work; it ends with this value at the latest.
struct Playing {
    child: Child,
    said: Receiver<String>,
}

impl Playing {
    fn begun(mut child: Child) -> Result<Self, String> {
        let out = child.stdout.take().ok_or("the script has no output")?;
        let (sender, said) = mpsc::channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self { child, said })
    }

    /// Does what the script asks for until it is done.
    fn on(
        &mut self,
        server: &mut Served,
        who: &str,
        outcomes: &mut Vec<Outcome>,
        away: &mut Vec<Duration>,
    ) -> Result<(), String> {
        loop {
            let line = self.said.recv_timeout(PATIENCE).map_err(|e| match e {
                mpsc::RecvTimeoutError::Timeout => format!("hangs for {} s", PATIENCE.as_secs()),
                mpsc::RecvTimeoutError::Disconnected => "ended without `done`".to_owned(),
            })?;
            match line.as_str() {
                "done" => return Ok(()),
                "kill" => away.push(server.kill()?),
                "kill held" => {
                    server.hear("holds")?;
                    away.push(server.kill()?);
                }
                "hand over" => drop(server.hand_over()?),
                other => {
                    outcomes.extend(other.strip_prefix("row ").map(|row| outcome(who, row)).transpose()?);
                    continue;
                }
            }
            // A client that did not survive its server reads nothing more.
            let _ = self.tell(if line == "hand over" { "over" } else { "back" });
        }
    }

    fn tell(&mut self, line: &str) -> std::io::Result<()> {
        self.child.stdin.as_mut().map_or(Ok(()), |to| writeln!(to, "{line}"))
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A row as a script says it.
fn outcome(client: &str, row: &str) -> Result<Outcome, String> {
    let row: Value = serde_json::from_str(row).map_err(|e| format!("`{row}` is no row: {e}"))?;
    let text = |name: &str| row[name].as_str().unwrap_or("?").to_owned();
    Ok(Outcome {
        client: client.to_owned(),
        what: text("what"),
        held: if row["held"].is_null() { None } else { Some(row["held"] == true) },
        seconds: row["seconds"].as_f64().unwrap_or_default(),
        said: text("outcome"),
    })
}

/// The table: whether it is as it must be, in words, and how long it took.
fn written(outcomes: &[Outcome]) -> String {
    let head = ["client", "what", "holds", "seconds", "outcome"].map(str::to_owned);
    let lines = outcomes.iter().map(|outcome| {
        let holds = match outcome.held {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "(noted)",
        };
        let seconds = format!("{:.2}", outcome.seconds);
        [outcome.client.clone(), outcome.what.clone(), holds.to_owned(), seconds, outcome.said.clone()]
    });
    table::aligned(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

/// An address that is free, and stays so in all likelihood until the server takes it.
fn address() -> Result<String, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map(|address| address.to_string()).map_err(|e| format!("no address is free: {e}"))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Playing {
        let mut command = shell::command("sh", &["-c", text]);
        Playing::begun(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()).unwrap()
    }

    fn server(log: &Path) -> Served {
        let program = log.with_extension("sh");
        std::fs::write(&program, "#!/bin/sh\necho serves\necho holds\nexec sleep 60\n").unwrap();
        let mut executable = std::fs::metadata(&program).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut executable, 0o755);
        std::fs::set_permissions(&program, executable).unwrap();
        Served::start(Start::Killed { program, address: String::new(), file: PathBuf::new() }, log).unwrap()
    }

    #[test]
    fn a_script_gets_what_it_asks_for_and_is_believed() {
        let log = std::env::temp_dir().join(format!("anpu-kills-{}.log", std::process::id()));
        let (mut server, mut outcomes, mut away) = (server(&log), Vec::new(), Vec::new());
        let row = r#"{"what": "w", "held": false, "seconds": 1.5, "outcome": "o"}"#;
        let text =
            format!("echo kill held; read a; echo kill; read b; [ $a$b = backback ] && echo 'row {row}'; echo done");
        script(&text).on(&mut server, "c", &mut outcomes, &mut away).unwrap();
        assert_eq!(away.len(), 2);
        let expected = "client  what  holds  seconds  outcome\nc       w     NO     1.50     o\n";
        assert_eq!(written(&outcomes), expected);
        assert_eq!(judged(&outcomes).unwrap_err(), "1 of 1 do not hold");
        outcomes[0].held = None;
        judged(&outcomes).unwrap();
        let why = script("echo at").on(&mut server, "c", &mut outcomes, &mut away).unwrap_err();
        assert_eq!(why, "ended without `done`");
        script("echo row x; echo done").on(&mut server, "c", &mut outcomes, &mut away).unwrap_err();
        for path in [log.with_extension("sh"), log] {
            std::fs::remove_file(path).unwrap();
        }
    }
}
