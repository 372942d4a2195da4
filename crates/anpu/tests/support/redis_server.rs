//! A `redis-server` of the test's own, on a free port with its data in a folder of its own; gone when the test is, however
//! that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const MISSING: &str = "redis-server does not start; install it: apt-get install -y redis-server";
/// Runs the server, says its process id, and ends it when it is told to or when the test is no more; then its folder goes.
const WATCH: &str = r#"folder=$1; shift
sh -c 'echo "pid $$"; exec "$@"' sh "$@" & exec >/dev/null
read -r word; kill -9 $!; wait
[ "$word" = keep ] || rm -rf "$folder""#;

static SERVERS: AtomicUsize = AtomicUsize::new(0);

/// A server that a test may kill, restart and pause. It keeps what it acknowledged.
pub(crate) struct RedisServer {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// The shell that watches the server, and the server's process id.
    running: Option<(Child, u32)>,
}

impl RedisServer {
    /// Starts a server with an append-only file, synced at each write.
    pub(crate) fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Starts a server with these settings, in which `{port}` stands for its port.
    pub(crate) fn with(settings: &[&str]) -> Self {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("anpu-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let settings = settings.iter().map(|&word| word.to_owned()).collect();
        let mut server = Self { folder, port: 0, settings, running: None };
        for _ in 0..20 {
            // Somebody else may take the port before the server does.
            server.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if server.run() {
                return server;
            }
        }
        panic!("{MISSING} (or there is no free port)");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.end("keep\n");
    }

    fn end(&mut self, word: &str) {
        if let Some((mut shell, _)) = self.running.take() {
            let mut input = shell.stdin.take().unwrap();
            input.write_all(word.as_bytes()).unwrap();
            drop(input);
            shell.wait().unwrap();
        }
    }

    /// Starts it again, where it was and with what it kept.
    pub(crate) fn restart(&mut self) {
        assert!(self.run(), "the port {} is taken", self.port);
    }

    /// Lets it hang: it keeps its connections and takes new ones, but answers none.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let (_, pid) = self.running.as_ref().unwrap();
        let status = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap();
        assert!(status.success());
    }

    /// Starts the server, and says when it takes connections whether it does.
    fn run(&mut self) -> bool {
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "sh"]).arg(&self.folder).args(["redis-server", "--bind", "127.0.0.1"]);
        command.arg("--port").arg(self.port.to_string()).arg("--dir").arg(&self.folder).args(["--save", ""]);
        command.args(self.settings.iter().map(|word| word.replace("{port}", &self.port.to_string())));
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = piped.spawn().unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines().map_while(Result::ok);
        let pid = lines.next().and_then(|line| line.strip_prefix("pid ")?.parse().ok()).unwrap();
        self.running = Some((shell, pid));
        let ready = lines.any(|line| line.contains("Ready to accept connections"));
        if !ready {
            self.kill();
        }
        // A full pipe would hold the server up.
        thread::spawn(move || lines.for_each(drop));
        ready
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.end("\n");
        // It is gone already, unless the server was killed before.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
