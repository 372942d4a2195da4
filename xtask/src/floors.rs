//! The floors of each crate and the order of the crates: who may know whom. Change it together with ARCHITECTURE.md.

/// The floors of one crate, lowest first; modules that share a floor do not know each other.
pub(crate) struct Floors {
    pub(crate) krate: &'static str,
    pub(crate) floors: &'static [&'static [&'static str]],
}

impl Floors {
    /// The floor a module stands on, or nothing if the table does not know it.
    pub(crate) fn of(&self, module: &str) -> Option<usize> {
        self.floors.iter().position(|floor| floor.contains(&module))
    }

    /// The line that ARCHITECTURE.md shows for this crate.
    pub(crate) fn line(&self) -> String {
        let floors: Vec<String> = self.floors.iter().map(|floor| floor.join(" ")).collect();
        format!("{}: {}", self.krate, floors.join(" < "))
    }
}

/// The table itself.
pub(crate) const FLOORS: &[Floors] = &[
    Floors {
        krate: "anpu-proto",
        floors: &[&["fault", "jsonrpc", "model"], &["dialect", "task"], &["session", "exchange"], &["line"]],
    },
    Floors {
        krate: "anpu",
        floors: &[
            &["error", "observe"],
            &["store", "auth", "seal"],
            &["handler"],
            &["component"],
            &["server", "client"],
            &["transport"],
            &["testing"],
        ],
    },
];

/// The crates of the house by storey: a crate depends only on crates of a strictly lower storey.
pub(crate) const STOREYS: &[&[&str]] =
    &[&["anpu-proto", "anpu-macros", "xtask"], &["anpu"], &["anpu-console"], &["anpu-cli", "anpu-conformance"]];

/// Crates from outside that only some crates of the house may use, tests aside.
pub(crate) const ONLY_IN: &[(&str, &[&str])] = &[
    ("clap", &["anpu-cli", "xtask", "anpu-conformance"]),
    ("indicatif", &["anpu-cli", "xtask", "anpu-conformance"]),
    ("axum", &["anpu-console", "anpu-cli", "anpu-conformance"]),
];

/// All that anpu-proto may stand on: nothing that does I/O, tells the time or draws chance.
pub(crate) const PROTO_MAY: &[&str] = &["memchr", "serde", "serde_json", "thiserror"];

/// The features of `anpu`; a protocol version and `Send`-ness are never one.
pub(crate) const FEATURES: &[&str] =
    &["default", "macros", "stdio", "http", "client", "auth", "schema", "redb", "redis", "tls", "testing"];
