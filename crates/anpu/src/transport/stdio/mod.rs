//! stdio: one message a line, both ways at once, with standard output guarded.

mod guard;
mod line;

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use self::line::{Line, Lines};
use super::signal;
use crate::error::{Error, ErrorKind, Result};
use crate::server::{Connection, Server};

/// What running requests get when the client hangs up or the server ends, unless it says how long.
const DRAIN: Duration = Duration::from_secs(5);

impl Server {
    /// Serves standard input and output until the client closes them, or the process gets SIGTERM or SIGINT.
    ///
    /// Meanwhile standard output belongs to the protocol: what the program prints goes to standard error instead, so
    /// that a stray `println!` cannot break the stream.
    ///
    /// ```no_run
    /// use anpu::prelude::*;
    ///
    /// #[tokio::main]
    /// async fn main() -> anpu::Result {
    ///     Server::new("quiet", "1.0.0").serve_stdio().await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`build`](Server::build); also a standard output that is already taken.
    pub async fn serve_stdio(self) -> Result {
        let output = guard::claim().map_err(|error| {
            Error::new(ErrorKind::Io, format!("standard output cannot be used: {error}")).because(error)
        })?;
        self.serve_pipe(io::stdin(), output, signal::shutdown_signal()).await
    }

    async fn serve_pipe(
        self,
        input: impl Read + Send + 'static,
        output: File,
        shutdown: impl Future<Output = ()>,
    ) -> Result {
        let (grace, most) = (self.times.drain.unwrap_or(DRAIN), self.limits.line);
        let handle = self.prepare().await?.build()?;
        let core = handle.core();
        let connection = Arc::new(Connection::open(handle.core())?);
        let (ended, mut end_of_input) = oneshot::channel();
        let reader = Arc::clone(&connection);
        // Threads of their own, because reading and writing pipes blocks; this one ends with the process.
        thread::Builder::new().name("mcp-stdin".to_owned()).spawn(move || {
            let _ = ended.send(read(input, &reader, most));
        })?;
        let writer = write(Arc::clone(&connection), output)?;
        let mut written = std::pin::pin!(writer);
        let ended = tokio::select! {
            read = &mut end_of_input => read.map_err(|_| reader_died()).and_then(|read| Ok(read?)),
            () = shutdown => Ok(()),
            _ = core.drain.begun() => Ok(()),
            _ = &mut written => {
                // Nobody reads any more: there is nothing left to wait for.
                connection.gone();
                core.end(grace).await;
                return Ok(());
            }
        };
        // Running requests may end, for as long as they are given.
        core.leave(grace);
        core.drain.wait(connection.idle()).await;
        connection.gone();
        core.end(grace).await;
        // The rest is on its way out; if nobody takes it, there is no reason to wait for ever.
        let _ = tokio::time::timeout(grace, written).await;
        ended
    }
}

fn reader_died() -> Error {
    Error::new(ErrorKind::Io, "the thread that reads standard input panicked; what it printed says why")
}

fn read(mut input: impl Read, connection: &Connection, most: usize) -> io::Result<()> {
    let mut lines = Lines::new(most);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        lines.feed(&chunk[..count]);
        for line in lines.by_ref() {
            take(line, connection);
        }
    }
    if let Some(line) = lines.finish() {
        take(line, connection);
    }
    Ok(())
}

fn take(line: Line, connection: &Connection) {
    connection.wait_for_room();
    match line {
        Line::Message(text) => connection.received(&text),
        Line::TooLong => connection.received_too_long(),
    }
}

/// Starts the thread that writes; what comes back is ready when all was written or nobody reads any more.
fn write(connection: Arc<Connection>, mut output: File) -> io::Result<oneshot::Receiver<()>> {
    let (done, written) = oneshot::channel();
    thread::Builder::new().name("mcp-stdout".to_owned()).spawn(move || {
        let mut buffer = BytesMut::new();
        while let Some(texts) = connection.wait_for_texts() {
            for text in texts {
                put(&mut buffer, &text);
            }
            if output.write_all(&buffer).and_then(|()| output.flush()).is_err() {
                break;
            }
            buffer.clear();
        }
        let _ = done.send(());
    })?;
    Ok(written)
}

/// One message a line: a raw value that was pretty-printed loses its line breaks, which JSON allows anywhere.
fn put(buffer: &mut BytesMut, text: &Bytes) {
    if text.contains(&b'\n') || text.contains(&b'\r') {
        buffer.extend(text.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    } else {
        buffer.extend_from_slice(text);
    }
    buffer.extend_from_slice(b"\n");
}
