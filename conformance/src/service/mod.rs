//! One service as it is deployed: several everything-servers, one Redis behind them, one proxy in front that sends each
//! request to the next node.
//!
//! All are processes on free ports of this machine, with their files in a folder of their own. They end with the
//! [`Service`], and also if the process that started them is killed.

mod node;
mod process;
mod proxy;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub use self::node::{Node, Socket};
use self::process::Process;
pub use self::proxy::Proxy;

/// Base64 of 32 bytes: the key of every service. They listen on loopback and live for a test.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static SERVICES: AtomicUsize = AtomicUsize::new(0);

/// A running service.
#[derive(Debug)]
pub struct Service {
    nodes: Vec<Node>,
    address: SocketAddr,
    folder: PathBuf,
    // Dropped in this order: who depends on another one goes first.
    _proxy: Process,
    redis: Process,
    redis_port: u16,
}

/// What a service consists of.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The everything-server.
    pub program: &'a Path,
    /// How many of them.
    pub nodes: usize,
    /// What stands in front.
    pub proxy: Proxy,
    /// Whose the sockets of the nodes are.
    pub socket: Socket,
}

impl<'a> Plan<'a> {
    /// Three nodes of this program, each with its own socket, behind nginx.
    pub fn new(program: &'a Path) -> Self {
        Self { program, nodes: 3, proxy: Proxy::Nginx, socket: Socket::Own }
    }
}

impl Service {
    /// Starts everything, and returns when each of its processes takes connections.
    ///
    /// # Errors
    ///
    /// The program that does not start and what to install, or what it said before it ended.
    pub fn start(plan: &Plan<'_>) -> Result<Self, String> {
        let folder = folder().map_err(|error| format!("no folder for the service: {error}"))?;
        let redis_port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let redis = redis(&folder, redis_port)?;
        let mut nodes = Vec::new();
        for number in 1..=plan.nodes {
            let mut node = Node::new(plan, number, &folder, &format!("redis://127.0.0.1:{redis_port}"))?;
            node.start()?;
            nodes.push(node);
        }
        let addresses: Vec<SocketAddr> = nodes.iter().map(Node::address).collect();
        let (proxy, address) = plan.proxy.start(&folder, &addresses)?;
        Ok(Self { nodes, address, folder, _proxy: proxy, redis, redis_port })
    }

    /// Where the service is for its clients: at the proxy. The path is `/mcp`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One of its nodes, from 0.
    pub fn node(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Ends Redis as a crash does, and starts it again with what it kept.
    ///
    /// # Errors
    ///
    /// It does not start again.
    pub fn restart_redis(&mut self) -> Result<(), String> {
        self.redis.kill();
        self.redis = redis(&self.folder, self.redis_port)?;
        Ok(())
    }

    /// The number of the process of Redis.
    pub fn redis_pid(&self) -> u32 {
        self.redis.pid()
    }

    /// The folder with what the processes wrote: `node-1.log`, `proxy.log`, `redis.log`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.nodes.clear();
        // Somebody may want to know why.
        if !std::thread::panicking() {
            // What cannot be removed lies in the folder for temporary files.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A Redis that keeps what it acknowledged.
fn redis(folder: &Path, port: u16) -> Result<Process, String> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    command.arg("--port").arg(port.to_string()).arg("--dir").arg(folder);
    let redis = Process::start("redis-server", &command, &folder.join("redis.log"), None)?;
    redis.ready(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(redis)
}

fn folder() -> io::Result<PathBuf> {
    let number = SERVICES.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let folder = std::env::temp_dir().join(format!("anpu-service-{}-{number}-{since}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
