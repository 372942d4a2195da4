//! The test twin of every transport: a connection without a pipe.

use bytes::Bytes;

use crate::error::Result;
use crate::server::{Connection, Handle};

/// A client's end of a connection to a server in the same process: texts go in, texts come out.
///
/// When it is dropped, the client is gone: what runs is stopped.
#[derive(Debug)]
pub struct Line {
    connection: Connection,
}

impl Handle {
    /// Connects to this server without a pipe. Must be called within a tokio runtime.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anpu::Result {
    /// let line = Server::new("quiet", "1.0.0").build()?.connect()?;
    /// line.send(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    /// assert_eq!(line.next().await.as_deref(), Some(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The server has no place for another session.
    pub fn connect(&self) -> Result<Line> {
        Ok(Line { connection: Connection::open(self.core())? })
    }
}

impl Line {
    /// Sends a text to the server.
    pub fn send(&self, text: impl AsRef<[u8]>) {
        self.connection.received(text.as_ref());
    }

    /// The next text from the server; none when the connection is over.
    pub async fn next(&self) -> Option<String> {
        let text: Bytes = self.connection.next().await?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connection.gone();
    }
}
