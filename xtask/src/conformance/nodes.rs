//! Three everything-servers on one Redis behind nginx, as the program `nodes` of `conformance/` starts them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{debian, shell};

/// A service that ends with this value.
pub(crate) struct Nodes {
    child: Child,
    url: String,
}

impl Nodes {
    /// Builds what is needed, gets what is missing, and starts it all.
    pub(crate) fn start() -> Result<Nodes, String> {
        debian::programs()?;
        let arguments = ["build", "--quiet", "-p", "anpu-conformance", "--example", "nodes"];
        shell::quiet("nodes-build", &mut shell::cargo(&arguments))?;
        Self::start_as(&mut Command::new(shell::target().join("debug/examples/nodes")))
    }

    /// The program says where the service is when it is there, and ends it when its input ends.
    fn start_as(command: &mut Command) -> Result<Nodes, String> {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().map_err(|e| format!("the nodes do not start: {e}"))?;
        let output = child.stdout.take().map(BufReader::new);
        let url = output.and_then(|output| output.lines().map_while(Result::ok).find(|line| line.starts_with("http")));
        match url {
            Some(url) => Ok(Nodes { child, url }),
            None => Err(format!("the nodes do not start; above is why ({})", ended(&mut child))),
        }
    }

    /// Where the proxy is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

fn ended(child: &mut Child) -> String {
    child.wait().map_or_else(|e| e.to_string(), |status| status.to_string())
}

impl Drop for Nodes {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // it ends by itself
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_do_not_start_are_an_error() {
        assert!(Nodes::start_as(&mut Command::new("/bin/true")).err().unwrap().contains("exit status: 0"));
        let there = Nodes::start_as(Command::new("/bin/sh").args(["-c", "echo http://there/mcp; read -r _"])).unwrap();
        assert_eq!(there.url(), "http://there/mcp");
    }
}
