//! The stdout guard: keeps the real standard output for the protocol, so that a stray `println!` cannot break it.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Takes standard output for the protocol, once in the life of the process.
///
/// On Unix what Rust had buffered is written first, the real standard output moves to a new descriptor (closed in
/// child processes) and descriptor 1 points at standard error from then on: for `println!`, for C libraries and for
/// child processes alike. Elsewhere the file is a second handle on standard output and nothing is diverted, so there
/// a stray `println!` still reaches the client.
///
/// # Errors
///
/// Standard output was claimed before, or the system refuses another descriptor.
pub(crate) fn claim() -> io::Result<File> {
    if CLAIMED.swap(true, Ordering::AcqRel) {
        let text = "standard output already belongs to an MCP server of this process; only one can speak stdio";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    take().inspect_err(|_| CLAIMED.store(false, Ordering::Release))
}

#[cfg(unix)]
fn take() -> io::Result<File> {
    use std::io::Write as _;
    use std::os::fd::AsFd as _;

    // Locked throughout: no other thread's line may slip in between the flush and the move.
    let mut stdout = io::stdout().lock();
    stdout.flush()?;
    let protocol = stdout.as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(protocol))
}

#[cfg(windows)]
fn take() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;

    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

#[cfg(not(any(unix, windows)))]
fn take() -> io::Result<File> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this platform has no handle on standard output"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;
    use std::process::Command;

    use super::*;

    const IN_CHILD: &str = "ANPU_TEST_STDOUT_GUARD";

    /// The child's half: does nothing unless the test below started it.
    #[test]
    fn child() {
        if std::env::var_os(IN_CHILD).is_none() {
            return;
        }
        print!("before;");
        let mut protocol = claim().unwrap();
        println!("stray-rust");
        assert!(Command::new("sh").args(["-c", "echo stray-child"]).status().unwrap().success());
        protocol.write_all(b"{\"protocol\":1}\n").unwrap();
        println!("second claim: {}", claim().unwrap_err());
        protocol.write_all(b"{\"protocol\":2}\n").unwrap();
    }

    #[test]
    fn what_is_printed_goes_to_stderr_and_the_protocol_to_stdout() {
        let path = module_path!().split_once("::").map_or("", |(_, path)| path);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("{path}::child"), "--nocapture", "--test-threads=1"])
            .env(IN_CHILD, "1")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}{err}");
        // The harness prints its own heading before the claim; what was buffered then was flushed to the old stdout.
        let (heading, protocol) = out.split_once("before;").unwrap_or_else(|| panic!("not flushed: {out}"));
        assert!(heading.contains("running 1 test"), "{out}");
        assert_eq!(protocol, "{\"protocol\":1}\n{\"protocol\":2}\n");
        for stray in ["stray-rust\n", "stray-child\n", "only one can speak stdio"] {
            assert!(err.contains(stray), "{stray} in {err}");
        }
    }
}
