//! The proxy in front of the nodes, with the configuration of `deploy/`: only the addresses are this machine's.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use super::free_port;
use super::process::Process;

/// What stands in front of the nodes; both send each request to the next of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// nginx with `deploy/nginx.conf`.
    Nginx,
    /// HAProxy with `deploy/haproxy.cfg`.
    HaProxy,
}

/// The header in which the proxies of tests say which node answered.
const NODE: &str = "x-node";

/// What the tests give nginx besides: who answered, and places that are theirs.
const NGINX_BESIDES: &str = "client_body_temp_path body; proxy_temp_path proxied; fastcgi_temp_path fastcgi; \
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;";

impl Proxy {
    /// Starts it in this folder for these nodes.
    pub(super) fn start(self, folder: &Path, nodes: &[SocketAddr]) -> Result<(Process, SocketAddr), String> {
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (name, file) = match self {
            Self::Nginx => ("nginx", "nginx.conf"),
            Self::HaProxy => ("haproxy", "haproxy.cfg"),
        };
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file);
        let text = fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
        let text = self.here(&text, address, nodes)?;
        let own = folder.join(file);
        fs::write(&own, text).map_err(|error| format!("{}: {error}", own.display()))?;
        let mut command = Command::new(name);
        match self {
            // One process, which can be killed like any other.
            Self::Nginx => {
                let settings = "daemon off; master_process off; pid nginx.pid;";
                command.arg("-p").arg(folder).arg("-c").arg(&own).args(["-e", "stderr", "-g", settings])
            }
            Self::HaProxy => command.arg("-db").arg("-f").arg(&own),
        };
        let process = Process::start(name, &command, &folder.join("proxy.log"), None)?;
        process.ready(address)?;
        Ok((process, address))
    }

    /// The configuration with the addresses of this machine in place of those of the deployment.
    fn here(self, text: &str, address: SocketAddr, nodes: &[SocketAddr]) -> Result<String, String> {
        let (listen, instead, server) = match self {
            Self::Nginx => (
                "listen 8000;",
                format!("listen {address}; add_header {NODE} $upstream_addr always; {NGINX_BESIDES}"),
                "server anpu-",
            ),
            Self::HaProxy => (
                "bind :8000",
                format!("bind {address}\n    http-after-response set-header {NODE} %[bc_dst]:%[bc_dst_port]"),
                "server anpu-",
            ),
        };
        let mut written = String::with_capacity(text.len() + 512);
        let (mut listens, mut servers) = (0, 0);
        for line in text.lines() {
            if line.trim() == listen {
                listens += 1;
                written.push_str(&line.replace(listen, &instead));
            } else if line.trim().starts_with(server) {
                if let Some(node) = nodes.get(servers) {
                    let name = format!("anpu-{}:8000", servers + 1);
                    written.push_str(&line.replace(&name, &node.to_string()));
                }
                servers += 1;
            } else {
                written.push_str(line);
            }
            written.push('\n');
        }
        match (listens, servers) {
            (1, servers) if servers >= nodes.len() => Ok(written),
            _ => Err(format!("deploy/ has {listens} lines `{listen}` and {servers} nodes; {} are needed", nodes.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_addresses_are_replaced() {
        let nodes = [SocketAddr::from(([127, 0, 0, 1], 1)), SocketAddr::from(([127, 0, 0, 1], 2))];
        let text =
            "  server anpu-1:8000 max_fails=1;\n  server anpu-2:8000;\n  server anpu-3:8000;\nlisten 8000;\nrest\n";
        let here = Proxy::Nginx.here(text, SocketAddr::from(([127, 0, 0, 1], 9)), &nodes).unwrap();
        assert!(
            here.starts_with("  server 127.0.0.1:1 max_fails=1;\n  server 127.0.0.1:2;\n\nlisten 127.0.0.1:9;"),
            "{here}"
        );
        assert!(here.ends_with("\nrest\n"), "{here}");
        assert!(Proxy::Nginx.here("listen 80;", nodes[0], &nodes).is_err());
    }
}
