//! The official clients against the demo, each in every mode it has, over HTTP and stdio.

mod demo;
pub(crate) mod kills;
mod packages;
mod served;
mod table;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::shell;
use demo::Demo;
use packages::{Client, Packages, Program};
use table::Row;

/// How long one run may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a client reaches the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way<'a> {
    Http(&'a str),
    /// The client starts this program, with a notebook in this folder.
    Stdio(&'a Path, &'a Path),
}

/// Builds the demo, installs the clients, lets them meet, and judges what each said.
pub(crate) fn run() -> Result<(), String> {
    shell::quiet("demo-build", &mut shell::cargo(&["build", "--quiet", "-p", "anpu-cli", "--bin", "anpu"]))?;
    let program = shell::target().join("debug/anpu");
    let packages = packages::install()?;
    let data = packages.folder.join("data");
    // what earlier runs wrote down is of no interest, and there may be none
    let _ = std::fs::remove_dir_all(&data);
    let demo = Demo::start(&program, &data.join("http"))?;
    let mut rows = Vec::new();
    for client in packages::CLIENTS {
        for mode in client.modes {
            for way in [Way::Http(demo.url()), Way::Stdio(&program, &data.join("stdio"))] {
                rows.push(meet(&packages, client, mode, way)?);
            }
        }
    }
    demo.stop()?;
    agree(&mut rows);
    print!("{}", table::written(&rows));
    match rows.iter().filter(|row| row.wrong.is_some()).count() {
        0 => Ok(()),
        wrong => Err(format!("{wrong} of {} runs failed; all they said is in {}", rows.len(), logs()?.display())),
    }
}

/// All clients of a mode speak the same version: the scripts know which, the Inspector is measured by them.
fn agree(rows: &mut [Row]) {
    for at in 0..rows.len() {
        let first = rows.iter().find(|row| row.mode == rows[at].mode && row.wrong.is_none());
        let expected = first.map(|row| row.version.clone());
        let row = &mut rows[at];
        if let Some(expected) = expected.filter(|expected| row.wrong.is_none() && *expected != row.version) {
            row.wrong = Some(format!("the others speak {expected}"));
        }
    }
}

/// One client in one mode on one way.
fn meet(packages: &Packages, client: &Client, mode: &str, way: Way<'_>) -> Result<Row, String> {
    let transport = transport(way);
    let said = match client.program {
        Program::Node(script) | Program::Python(script) => {
            let mut command = packages.command(client, script);
            command.args(client.takes_mode().then_some(mode)).args(words(way));
            play(client, mode, transport, command).and_then(|said| finished(&said).map(|()| said))
        }
        Program::Inspector(script) => inspect(packages, client, script, mode, way),
    };
    let (version, wrong) = match said {
        Ok(said) => (spoken(&said), None),
        Err(Failure::Ours(why)) => return Err(why),
        Err(Failure::Theirs { said, why }) => (spoken(&said), Some(why)),
    };
    let name = format!("{} {}", client.name, client.version);
    Ok(Row { client: name, mode: mode.to_owned(), transport, version, wrong })
}

fn transport(way: Way<'_>) -> &'static str {
    match way {
        Way::Http(_) => "http",
        Way::Stdio(..) => "stdio",
    }
}

/// The arguments that name the way to a script.
fn words(way: Way<'_>) -> Vec<String> {
    match way {
        Way::Http(url) => vec!["http".to_owned(), url.to_owned()],
        Way::Stdio(program, data) => {
            let words = [program, "demo".as_ref(), "--stdio".as_ref(), "--data".as_ref(), data];
            let words = words.map(|word| word.display().to_string());
            std::iter::once("stdio".to_owned()).chain(words).collect()
        }
    }
}

/// The Inspector is no script of ours: it is asked one thing at a time, and must find what is there.
fn inspect(packages: &Packages, client: &Client, script: &str, mode: &str, way: Way<'_>) -> Result<String, Failure> {
    let transport = transport(way);
    let target = match way {
        Way::Http(url) => vec![url.to_owned(), "--transport".to_owned(), "http".to_owned()],
        Way::Stdio(..) => words(way).split_off(1),
    };
    let call = ["tools/call", "--tool-name", "add_note", "--tool-arg", "title=Inspected"];
    let asked: [(&[&str], &str); 5] = [
        (&["initialize"], "\"notes\""),
        (&["tools/list"], "\"delete_note\""),
        (&call, "\"Inspected\""),
        (&["resources/read", "--uri", "notes:///index"], "[Inspected]"),
        (&["prompts/get", "--prompt-name", "review_notes"], "Inspected"),
    ];
    let mut all = String::new();
    for (words, expected) in asked {
        let mut command = packages.command(client, script);
        command.arg("--cli").args(&target).args(["--protocol-era", mode, "--method"]).args(words);
        let said = play(client, &format!("{mode}-{}", words[0]), transport, command)?;
        if !said.contains(expected) {
            return Err(Failure::Theirs { why: format!("{} has no {expected}", words[0]), said });
        }
        all.push_str(&said);
    }
    Ok(all)
}

/// Why a run has no good end.
enum Failure {
    /// It could not even begin.
    Ours(String),
    /// The client and the demo did not get on.
    Theirs { said: String, why: String },
}

/// Runs a client to its end and returns what it said.
fn play(client: &Client, what: &str, transport: &str, mut command: Command) -> Result<String, Failure> {
    let name = format!("{}-{}-{what}-{transport}", client.name, client.version);
    let log = logs().map_err(Failure::Ours)?.join(name.replace([' ', '/'], "-").to_lowercase() + ".log");
    let ended = to_end(&mut command, &log).map_err(Failure::Ours)?;
    let said = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    match ended {
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(Failure::Theirs { why: format!("{status}: {}", last_words(&said)), said }),
        None => {
            let why = format!("hangs for {} s after: {}", PATIENCE.as_secs(), last_words(&said));
            Err(Failure::Theirs { why, said })
        }
    }
}

/// Runs a program to its end; none if it was stopped because it hangs.
fn to_end(command: &mut Command, log: &Path) -> Result<Option<ExitStatus>, String> {
    let wrong = |e: std::io::Error| format!("{}: {e}", log.display());
    let out = File::create(log).map_err(wrong)?;
    let err = out.try_clone().map_err(wrong)?;
    let program = command.get_program().display().to_string();
    let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
    let mut child = child.map_err(|e| format!("{program} does not start: {e}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(wrong)? {
            Some(status) => return Ok(Some(status)),
            None if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            None => {
                child.kill().and_then(|()| child.wait()).map_err(wrong)?;
                return Ok(None);
            }
        }
    }
}

/// A script that came to its end says so last; what a server said on its own may stand behind.
fn finished(said: &str) -> Result<(), Failure> {
    if said.lines().any(|line| line == "done") {
        return Ok(());
    }
    let why = format!("ended without `done`: {}", last_words(said));
    Err(Failure::Theirs { said: said.to_owned(), why })
}

/// The version of the protocol that a client says was spoken.
fn spoken(said: &str) -> String {
    let told = |line: &str| {
        let version = line.strip_prefix("speaks ").or_else(|| line.trim().strip_prefix("\"protocolVersion\": \""));
        version.map(|version| version.trim_end_matches(['"', ',']).to_owned())
    };
    said.lines().find_map(told).unwrap_or_else(|| "?".to_owned())
}

/// The line that says most of why: both languages end with other lines behind their error.
fn last_words(said: &str) -> &str {
    let lines = || said.lines().rev().filter(|line| !line.trim().is_empty());
    lines().find(|line| line.contains("Error")).or_else(|| lines().next()).unwrap_or("nothing").trim()
}

fn logs() -> Result<PathBuf, String> {
    let folder = shell::logs()?.join("clients");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_not_say_done_failed() {
        assert!(finished("speaks v\ndone\n12:00 a line of the server\n").is_ok());
        let Err(Failure::Theirs { why, .. }) = finished("speaks v\nundone\n") else { panic!("it is not done") };
        assert_eq!(why, "ended without `done`: undone");
        for (said, version) in [("a\nspeaks v\n", "v"), ("{\n  \"protocolVersion\": \"v\",\n", "v"), ("a", "?")] {
            assert_eq!(spoken(said), version, "{said}");
        }
    }

    #[test]
    fn who_speaks_another_version_than_the_others_of_its_mode_failed() {
        let row = |mode: &str, version: &str| Row {
            client: "c".to_owned(),
            mode: mode.to_owned(),
            transport: "http",
            version: version.to_owned(),
            wrong: None,
        };
        let mut rows = [row("auto", "b"), row("legacy", "a"), row("auto", "a"), row("legacy", "a")];
        agree(&mut rows);
        let wrong = rows.map(|row| row.wrong);
        assert_eq!(wrong, [None, None, Some("the others speak b".to_owned()), None]);
    }

    #[test]
    fn a_client_that_fails_is_shown_with_its_last_words() {
        let client = &packages::CLIENTS[0];
        let mut command = shell::command("sh", &["-c", "echo speaks v; echo Error: why >&2; echo at; exit 3"]);
        let Err(Failure::Theirs { why, said }) = play(client, "test", "fails", command) else { panic!("it failed") };
        assert_eq!((why.as_str(), spoken(&said).as_str()), ("exit status: 3: Error: why", "v"));
        command = shell::command("no-such-client", &[]);
        assert!(matches!(play(client, "test", "none", command), Err(Failure::Ours(_))));
    }
}
