//! Running other programs: quietly, in the workspace's folder, their words kept for when they fail.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How many lines of a failed program are shown; all of them are in its log.
const SHOWN: usize = 200;

/// A program of the workspace with its arguments.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(crate::root()).stdin(Stdio::null());
    command
}

/// Cargo as it was called itself, without what it told this program about this package.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), arguments);
    let ours = std::env::vars().map(|(name, _)| name);
    for name in
        ours.filter(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST") || n == "CARGO_CRATE_NAME")
    {
        command.env_remove(name);
    }
    command
}

/// Runs a program to its end and returns all it said; if it fails, shows its last lines.
pub(crate) fn quiet(name: &str, command: &mut Command) -> Result<String, String> {
    let log = logs()?.join(format!("{name}.log"));
    let file = std::fs::File::create(&log).map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
    let twin = file.try_clone().map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
    let shown = show(command);
    let status = command.stdout(file).stderr(twin).status().map_err(|e| format!("`{shown}` does not start: {e}"))?;
    let said = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    if status.success() {
        return Ok(said);
    }
    let lines: Vec<&str> = said.lines().collect();
    for line in &lines[lines.len().saturating_sub(SHOWN)..] {
        println!("{line}");
    }
    Err(format!("`{shown}` failed ({status}); all it said is in {}", log.display()))
}

/// Whether a program answers, within ten seconds, that it is there.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = command(program, arguments);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        // nobody listens any more after ten seconds
        let _ = sender.send(status.is_ok_and(|s| s.success()));
    });
    receiver.recv_timeout(Duration::from_secs(10)).unwrap_or(false)
}

/// The folder where Cargo builds.
pub(crate) fn target() -> PathBuf {
    let root = crate::root();
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(Path::new(&folder)))
}

/// This program's own folder below the build folder.
pub(crate) fn logs() -> Result<PathBuf, String> {
    let folder = target().join("xtask");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    Ok(folder)
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named() {
        let why = quiet("shell-false", &mut command("false", &[])).unwrap_err();
        assert!(why.starts_with("`false` failed"), "{why}");
        let why = quiet("shell-none", &mut command("no-such-program-here", &["a"])).unwrap_err();
        assert!(why.starts_with("`no-such-program-here a` does not start"), "{why}");
    }

    #[test]
    fn what_a_program_says_is_kept() {
        let said = quiet("shell-echo", &mut command("echo", &["a", "b"])).unwrap();
        assert_eq!(said, "a b\n");
        assert!(answers("true", &[]) && !answers("no-such-program-here", &[]));
    }
}
