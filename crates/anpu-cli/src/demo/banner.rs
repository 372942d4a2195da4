//! What a person reads when the demo starts: where it is, and what to paste into which client.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use super::store::Notebook;

/// For HTTP: the address, and how to connect to it.
pub(super) fn http(notebook: &Notebook, address: SocketAddr) -> String {
    let url = url(address);
    let mut text = format!("anpu demo: a notebook for any MCP client, at {url}\n\n");
    let lines = [
        ("Claude Code", format!("claude mcp add --transport http notes {url}")),
        ("Cursor", format!(".cursor/mcp.json: {{\"mcpServers\": {{\"notes\": {{\"url\": \"{url}\"}}}}}}")),
        ("VS Code", format!("code --add-mcp '{{\"name\": \"notes\", \"type\": \"http\", \"url\": \"{url}\"}}'")),
        ("Inspector", format!("npx @modelcontextprotocol/inspector --cli {url} --transport http --method tools/list")),
    ];
    for (client, line) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {client:<12} {line}");
    }
    let _ = write!(text, "\n{}\nCtrl-C stops it. Every request is a line below.", kept(notebook));
    text
}

/// For stdio: that it waits for a client, for those who started it by hand.
pub(super) fn stdio(notebook: &Notebook) -> String {
    format!("anpu demo: speaking MCP on standard input and output. {}", kept(notebook))
}

/// For a process that took the place of another one.
pub(super) fn again(notebook: &Notebook) -> String {
    format!("Process {} took over. {}", std::process::id(), kept(notebook))
}

fn kept(notebook: &Notebook) -> String {
    let (count, file) = (notebook.all().len(), notebook.file().display());
    let notes = if count == 1 { "note" } else { "notes" };
    let mut text = format!("{count} {notes} in {file}, which survives restarts.");
    if notebook.unreadable() > 0 {
        let _ = write!(text, " {} could not be read and are left as they are.", notebook.unreadable());
    }
    text
}

/// Where a client on this machine finds the endpoint.
fn url(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{host}:{}/mcp", address.port())
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::folder;
    use super::*;

    #[test]
    fn every_line_has_the_address_that_works_here() {
        let notebook = Notebook::open(&folder("banner")).unwrap();
        let text = http(&notebook, "0.0.0.0:81".parse().unwrap());
        assert_eq!(text.matches("http://127.0.0.1:81/mcp").count(), 5, "{text}");
        assert_eq!(url("[::1]:8000".parse().unwrap()), "http://[::1]:8000/mcp");
        assert!(text.contains("0 notes in ") && text.contains("notes.redb"), "{text}");
    }
}
