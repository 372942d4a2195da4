//! What a call costs beside the HTTP library under it: the eras and a bare hyper handler, in turn, in one run.

mod cores;
mod table;
mod window;

use crate::shell;
use cores::Cores;
use table::Table;
use window::Window;

const TAKES: &str = "bench takes --seconds N, --rounds N, --connections N, --cores 1|2 and --budget RATIO";

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// As the table calls it.
    name: &'static str,
    /// Below the folder of release builds.
    program: &'static str,
    /// How the load speaks to it.
    mode: &'static str,
}

/// Bare first: the others are measured against it.
const SUBJECTS: [Subject; 3] = [
    Subject { name: "bare", program: "examples/bare", mode: "plain" },
    Subject { name: "session", program: "everything-server", mode: "session" },
    Subject { name: "request", program: "everything-server", mode: "request" },
];

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    seconds: f64,
    rounds: usize,
    connections: usize,
    together: bool,
    budget: Option<f64>,
}

/// Builds, measures, prints the table; a wrong reply is an error, and so is a ratio above the budget, if there is one.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let asked = asked(words)?;
    let build = ["build", "--release", "--quiet", "-p", "anpu-conformance", "--bin", "everything-server"];
    let examples = ["--example", "bare", "--example", "load"];
    shell::quiet("bench-build", &mut shell::cargo(&[&build[..], &examples].concat()))?;
    let cores = Cores::find(asked.together);
    println!("bench: {} rounds of {} s, {} connections; {cores}", asked.rounds, asked.seconds, asked.connections);
    let mut table = Table::new(SUBJECTS.map(|subject| subject.name));
    for round in 1..=asked.rounds {
        for (at, subject) in SUBJECTS.into_iter().enumerate() {
            let window = Window::measure(subject, &cores, asked.connections, asked.seconds)?;
            println!("round {round}: {:<8} {window}", subject.name);
            table.add(at, window);
        }
    }
    print!("{table}");
    table.judge(asked.budget)
}

fn asked(words: &[&str]) -> Result<Asked, String> {
    let mut asked = Asked { seconds: 5.0, rounds: 5, connections: 64, together: false, budget: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = *words.next().ok_or_else(|| format!("`{word}`: {TAKES}"))?;
        match *word {
            "--seconds" => asked.seconds = number(word, value, 0.1, 600.0)?,
            "--rounds" => asked.rounds = count(word, value)?,
            "--connections" => asked.connections = count(word, value)?,
            "--cores" if matches!(value, "1" | "2") => asked.together = value == "1",
            "--budget" => asked.budget = Some(number(word, value, 0.0, 1000.0)?),
            _ => return Err(format!("`{word}`: {TAKES}")),
        }
    }
    Ok(asked)
}

fn number(word: &str, value: &str, from: f64, to: f64) -> Result<f64, String> {
    let number = value.parse().ok().filter(|number| (from..=to).contains(number));
    number.ok_or_else(|| format!("{word} `{value}`: a number from {from} to {to}"))
}

fn count(word: &str, value: &str) -> Result<usize, String> {
    let count = value.parse().ok().filter(|count| (1..=1000).contains(count));
    count.ok_or_else(|| format!("{word} `{value}`: a number from 1 to 1000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_time_and_size_and_a_budget() {
        let usual = Asked { seconds: 5.0, rounds: 5, connections: 64, together: false, budget: None };
        assert_eq!(asked(&[]), Ok(usual));
        let words = ["--seconds", "0.5", "--rounds", "3", "--connections", "16", "--cores", "1", "--budget", "1.6"];
        let expected = Asked { seconds: 0.5, rounds: 3, connections: 16, together: true, budget: Some(1.6) };
        assert_eq!(asked(&words), Ok(expected));
        for wrong in [
            &["--seconds"][..],
            &["--seconds", "NaN"],
            &["--rounds", "0"],
            &["--cores", "3"],
            &["--budget", "x"],
            &["--for", "1"],
        ] {
            assert!(asked(wrong).is_err(), "{wrong:?}");
        }
    }
}
