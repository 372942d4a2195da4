//! Three everything-servers on one Redis, killed and started again under clients that remember what was acknowledged.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{debian, shell};

/// How long it takes unless told otherwise.
const MINUTES: f64 = 10.0;
/// In less than half a minute the store cannot be killed twice and stopped once; more than a day nobody waits.
const RANGE: std::ops::RangeInclusive<f64> = 0.5..=24.0 * 60.0;
const TAKES: &str = "chaos takes --minutes N and --seed N";

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    minutes: f64,
    seed: Option<u64>,
}

/// Gets what is missing, builds servers and clients, and lets the clients judge.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let asked = asked(words)?;
    debian::programs()?;
    let build = ["build", "--quiet", "-p", "anpu-conformance", "--bin", "everything-server", "--example", "chaos"];
    shell::quiet("chaos-build", &mut shell::cargo(&build))?;
    let seconds = (asked.minutes * 60.0).round();
    let arguments = [seconds.to_string(), asked.seed.unwrap_or_else(now).to_string()];
    let clients = Command::new(shell::target().join("debug/examples/chaos")).args(arguments).status();
    let status = clients.map_err(|e| format!("the clients do not start: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the chaos failed ({status}); above is why")) }
}

fn asked(words: &[&str]) -> Result<Asked, String> {
    let mut asked = Asked { minutes: MINUTES, seed: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = *words.next().ok_or_else(|| format!("`{word}`: {TAKES}"))?;
        match *word {
            "--minutes" => {
                let minutes = value.parse().ok().filter(|minutes| RANGE.contains(minutes));
                let (from, to) = (RANGE.start(), RANGE.end());
                asked.minutes = minutes.ok_or_else(|| format!("--minutes `{value}`: a number from {from} to {to}"))?;
            }
            "--seed" => asked.seed = Some(value.parse().map_err(|e| format!("--seed `{value}`: {e}"))?),
            _ => return Err(format!("`{word}`: {TAKES}")),
        }
    }
    Ok(asked)
}

/// A seed nobody chose; it is printed.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_minutes_and_a_seed() {
        assert_eq!(asked(&[]), Ok(Asked { minutes: 10.0, seed: None }));
        assert_eq!(asked(&["--seed", "7", "--minutes", "0.5"]), Ok(Asked { minutes: 0.5, seed: Some(7) }));
        for wrong in
            [&["--minutes"][..], &["--minutes", "0.1"], &["--minutes", "NaN"], &["--seed", "x"], &["--for", "1"]]
        {
            assert!(asked(wrong).is_err(), "{wrong:?}");
        }
    }
}
