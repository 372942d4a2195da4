//! What a server costs its user in dependencies: a crate outside this workspace is made, and its lock file counted.

use std::fs;
use std::path::PathBuf;

use crate::shell;

/// The features of a server and the lock entries it may have.
const BUDGETS: &[(&str, &[&str], usize)] = &[("http", &["http", "macros"], 90), ("stdio", &["stdio"], 70)];

/// Counts the lock entries of the two servers of the design.
pub(crate) fn budgets() -> Result<String, String> {
    let mut told = Vec::new();
    for (name, features, most) in BUDGETS {
        let folder = crate_outside(&format!("budget-{name}"), features, "fn main() {}\n")?;
        let mut command = shell::cargo(&["metadata", "--format-version", "1", "--quiet"]);
        shell::quiet("lock", command.current_dir(&folder))?;
        let lock =
            fs::read_to_string(folder.join("Cargo.lock")).map_err(|e| format!("no lock file came of it: {e}"))?;
        let count = entries(&lock);
        let what = format!("a server with `{}` has {count} lock entries of {most}", features.join(" + "));
        if count > *most {
            let why = "see which came with `cargo tree`, and do without one";
            return Err(format!("{what}: {why} ({})", folder.display()));
        }
        told.push(what);
    }
    Ok(told.join(", "))
}

/// The first program of the design builds in a crate that knows only `anpu` and `tokio`.
pub(crate) fn first_program() -> Result<String, String> {
    let example = crate::root().join("crates/anpu/examples/calculator.rs");
    let program = fs::read_to_string(&example).map_err(|e| format!("{}: {e}", example.display()))?;
    let folder = crate_outside("first-program", &["stdio", "macros"], &program)?;
    let target = shell::target().join("xtask/outside");
    let mut command = shell::cargo(&["check", "--quiet"]);
    shell::quiet("first-program", command.current_dir(&folder).env("CARGO_TARGET_DIR", target))?;
    Ok("calculator builds with `anpu` and `tokio` alone".to_owned())
}

/// A crate of a user, with this workspace's lock file as its start, so that versions are the tested ones.
fn crate_outside(name: &str, features: &[&str], program: &str) -> Result<PathBuf, String> {
    let folder = shell::logs()?.join(name);
    let root = crate::root();
    let features: Vec<String> = features.iter().map(|feature| format!("{feature:?}")).collect();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         anpu = {{ path = {:?}, default-features = false, features = [{}] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n",
        root.join("crates/anpu"),
        features.join(", ")
    );
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), program)?;
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(())
    };
    write().map_err(|e| format!("{} cannot be written: {e}", folder.display()))?;
    Ok(folder)
}

fn entries(lock: &str) -> usize {
    lock.lines().filter(|line| line.trim() == "[[package]]").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted() {
        assert_eq!(entries("version = 4\n\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\n"), 2);
        assert_eq!(entries(""), 0);
    }
}
