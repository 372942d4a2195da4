//! The official clients from npm and PyPI, in folders of their own below the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{install, shell};

/// A client and how it is run.
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// How it may choose the version of the protocol; the first word of its script, if there is more than one.
    pub(super) modes: &'static [&'static str],
    pub(super) program: Program,
    package: &'static str,
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// A script of `conformance/clients/`.
    Node(&'static str),
    /// A script of `conformance/clients/`.
    Python(&'static str),
    /// A script of the package itself, which is no script of ours and has its own arguments.
    Inspector(&'static str),
}

/// What clients do while their server is killed; a script for all versions of a language.
pub(super) const KILLS_NODE: &str = "kills.mjs";
/// The same in Python.
pub(super) const KILLS_PYTHON: &str = "kills.py";

/// All of them.
pub(super) const CLIENTS: &[Client] = &[
    Client {
        name: "TypeScript",
        version: "2.4.0",
        modes: &["auto", "legacy"],
        program: Program::Node("typescript2.mjs"),
        package: "@modelcontextprotocol/client",
    },
    Client {
        name: "TypeScript",
        version: "1.32.2",
        modes: &["legacy"],
        program: Program::Node("typescript.mjs"),
        package: "@modelcontextprotocol/sdk",
    },
    Client {
        name: "Python",
        version: "2.3.0",
        modes: &["auto", "legacy"],
        program: Program::Python("python2.py"),
        package: "mcp",
    },
    Client {
        name: "Python",
        version: "1.30.0",
        modes: &["legacy"],
        program: Program::Python("python1.py"),
        package: "mcp",
    },
    Client {
        name: "Inspector",
        version: "2.12.0",
        modes: &["auto", "legacy"],
        program: Program::Inspector("@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
        package: "@modelcontextprotocol/inspector",
    },
];

impl Client {
    /// Whether its script is told the mode.
    pub(super) fn takes_mode(&self) -> bool {
        self.modes.len() > 1
    }
}

/// Where the clients are.
pub(super) struct Packages {
    pub(super) folder: PathBuf,
    node: PathBuf,
}

impl Packages {
    /// A client's script, ready to be given its arguments.
    pub(super) fn command(&self, client: &Client, script: &str) -> Command {
        let mut command = match client.program {
            Program::Python(_) => Command::new(python(&self.folder, client)),
            Program::Node(_) | Program::Inspector(_) => Command::new(&self.node),
        };
        let place = match client.program {
            Program::Python(_) => scripts(),
            // Node looks for packages beside the script.
            Program::Node(_) => npm(&self.folder),
            Program::Inspector(_) => npm(&self.folder).join("node_modules"),
        };
        command.arg(place.join(script)).current_dir(&self.folder);
        command
    }
}

/// Installs what is not there.
pub(super) fn install() -> Result<Packages, String> {
    let node = install::suite()?.node;
    let folder = shell::target().join("clients");
    from_npm(&npm(&folder))?;
    for client in CLIENTS.iter().filter(|client| matches!(client.program, Program::Python(_))) {
        from_pypi(&folder, client)?;
    }
    Ok(Packages { folder, node })
}

fn from_npm(folder: &Path) -> Result<(), String> {
    make(folder)?;
    let wanted: Vec<&Client> = CLIENTS.iter().filter(|client| !matches!(client.program, Program::Python(_))).collect();
    let versions: serde_json::Map<_, _> =
        wanted.iter().map(|client| (client.package.to_owned(), client.version.into())).collect();
    let manifest = serde_json::json!({ "name": "anpu-clients", "private": true, "dependencies": versions }).to_string();
    let (stamp, path) = (folder.join("installed.json"), folder.join("package.json"));
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&manifest) {
        let names: Vec<String> = wanted.iter().map(|client| format!("{}@{}", client.package, client.version)).collect();
        println!("installing npm packages into {}: {}", folder.display(), names.join(" "));
        write(&path, &manifest)?;
        let arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
        shell::quiet("npm-clients", shell::command("npm", &arguments).current_dir(folder))?;
        write(&stamp, &manifest)?;
    }
    let of_clients = CLIENTS.iter().filter_map(|client| match client.program {
        Program::Node(script) => Some(script),
        Program::Python(_) | Program::Inspector(_) => None,
    });
    for script in of_clients.chain([KILLS_NODE]) {
        let (from, to) = (scripts().join(script), folder.join(script));
        std::fs::copy(&from, &to).map_err(|e| format!("{} cannot be copied: {e}", from.display()))?;
    }
    Ok(())
}

fn from_pypi(folder: &Path, client: &Client) -> Result<(), String> {
    let python = python(folder, client);
    let runs = python.display().to_string();
    if python.exists() && shell::answers(&runs, &["-c", "import mcp"]) {
        return Ok(());
    }
    let place = venv(folder, client);
    let package = format!("{}=={}", client.package, client.version);
    println!("installing {package} from PyPI into {}", place.display());
    let venv = || shell::quiet("venv", &mut shell::command("python3", &["-m", "venv", &place.to_string_lossy()]));
    if venv().is_err() {
        install::debian(&["python3", "python3-venv"])?;
        venv()?;
    }
    shell::quiet("pip-clients", &mut shell::command(&runs, &["-m", "pip", "install", "--quiet", &package]))?;
    Ok(())
}

fn scripts() -> PathBuf {
    crate::root().join("conformance/clients")
}

fn npm(folder: &Path) -> PathBuf {
    folder.join("npm")
}

fn venv(folder: &Path, client: &Client) -> PathBuf {
    folder.join(format!("{}-{}", client.package, client.version))
}

fn python(folder: &Path, client: &Client) -> PathBuf {
    venv(folder, client).join("bin/python")
}

fn make(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_there() {
        for client in CLIENTS {
            if let Program::Node(script) | Program::Python(script) = client.program {
                assert!(scripts().join(script).is_file(), "{script}");
            }
            assert!(!client.modes.is_empty(), "{}", client.name);
        }
        assert!([KILLS_NODE, KILLS_PYTHON].iter().all(|script| scripts().join(script).is_file()));
    }
}
