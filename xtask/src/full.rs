//! The second tier: the first one, then what takes longer. What is not built yet says so and never passes.

use crate::{bench, chaos, clients, shell, soak, test};

/// Chores that a later issue brings.
const LATER: &[(&str, &str)] = &[("fuzz", "the issue on hardening")];

/// Everything there is; the chores that are not there yet are named.
pub(crate) fn run() -> Result<(), String> {
    test::run(&[])?;
    deny()?;
    soak::run(&[])?;
    chaos::run(&[])?;
    clients::run()?;
    bench::run(&[])?;
    for (name, issue) in LATER {
        println!("{name}: not built yet, nothing ran: see {issue}");
    }
    Ok(())
}

/// The issue that brings a chore, if it is one of those to come.
pub(crate) fn later(name: &str) -> Option<&'static str> {
    LATER.iter().find(|(chore, _)| *chore == name).map(|(_, issue)| *issue)
}

/// Asked for directly, a chore that is not there is an error.
pub(crate) fn unbuilt(name: &str) -> Result<(), String> {
    Err(format!("{name}: not built yet: see {}", later(name).unwrap_or("the issues")))
}

/// Licences, bans and sources of all dependencies; advisories where their database can be reached.
pub(crate) fn deny() -> Result<(), String> {
    if !shell::answers("cargo", &["deny", "--version"]) {
        println!("installing cargo-deny: cargo install cargo-deny --locked (some minutes)");
        shell::quiet("install-deny", &mut shell::cargo(&["install", "cargo-deny", "--locked", "--quiet"]))?;
    }
    shell::quiet("deny", &mut shell::cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"]))?;
    println!("deny: licences, bans and sources ok");
    let fetched = shell::cargo(&["deny", "fetch", "db"]).output().is_ok_and(|out| out.status.success());
    if !fetched {
        println!("deny: advisories NOT checked: their database cannot be reached from here");
        return Ok(());
    }
    shell::quiet("advisories", &mut shell::cargo(&["deny", "--all-features", "check", "advisories"]))?;
    println!("deny: advisories ok");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_fails() {
        for (name, issue) in LATER {
            assert_eq!(unbuilt(name), Err(format!("{name}: not built yet: see {issue}")));
        }
        assert_eq!(later("tidy"), None);
    }
}
