//! Programs that tests start and that come from Debian's packages: gets what is missing where it may, and says how otherwise.

use crate::shell;

/// A program, what it answers to, and the package it comes from.
struct Program {
    name: &'static str,
    asked: &'static [&'static str],
    package: &'static str,
}

/// What the tests start. The tests themselves install nothing: without the program they fail with the line to run.
const PROGRAMS: &[Program] = &[
    Program { name: "redis-server", asked: &["--version"], package: "redis-server" },
    Program { name: "nginx", asked: &["-v"], package: "nginx" },
    Program { name: "haproxy", asked: &["-v"], package: "haproxy" },
];

/// Makes sure that every program is there.
pub(crate) fn programs() -> Result<(), String> {
    match missing(PROGRAMS) {
        missing if missing.is_empty() => Ok(()),
        missing => packages(&missing),
    }
}

/// The packages of those that do not answer.
fn missing(programs: &[Program]) -> Vec<&'static str> {
    let missing = programs.iter().filter(|program| !shell::answers(program.name, program.asked));
    missing.map(|program| program.package).collect()
}

/// Installs these packages if this machine and this user may.
pub(crate) fn packages(packages: &[&str]) -> Result<(), String> {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !shell::answers("apt-get", &["--version"]) {
        return Err(format!("missing here and to be installed by hand: {} (on Debian: {line})", packages.join(", ")));
    }
    if !is_root() {
        return Err(format!("missing here: {}; run this and try again: sudo {line}", packages.join(", ")));
    }
    println!("installing Debian packages: {line}");
    // an old list may still know the packages, so a failed update alone is not the end
    let _ = shell::quiet("apt-update", &mut shell::command("apt-get", &["update", "-qq"]));
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    shell::quiet("apt-install", shell::command("apt-get", &arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(())
}

fn is_root() -> bool {
    shell::quiet("id", &mut shell::command("id", &["-u"])).is_ok_and(|said| said.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_answer_is_missing() {
        let there = Program { name: "true", asked: &[], package: "coreutils" };
        let not_there = Program { name: "no-such-program-here", asked: &[], package: "nowhere" };
        assert_eq!(missing(&[there, not_there]), ["nowhere"]);
    }
}
