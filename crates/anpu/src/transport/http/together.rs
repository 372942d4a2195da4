//! A socket on which a small answer leaves in one piece.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are sooner copied than handed over in several pieces.
const SMALL: usize = 2 * 1024;

/// Writes several small pieces as one. Large ones are not copied, so that hyper knows what was not taken.
pub(super) struct Together<S>(pub(super) S);

impl<S: AsyncRead + Unpin> AsyncRead for Together<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Together<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > SMALL || pieces.len() < 2 {
            return Pin::new(&mut self.0).poll_write_vectored(cx, pieces);
        }
        let mut whole = [0; SMALL];
        let mut end = 0;
        for piece in pieces {
            whole[end..end + piece.len()].copy_from_slice(piece);
            end += piece.len();
        }
        Pin::new(&mut self.0).poll_write(cx, &whole[..end])
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// What arrives of these pieces when there is room for so many bytes.
    async fn sent(pieces: &[&[u8]], room: usize) -> (usize, Vec<u8>) {
        let (ours, mut theirs) = tokio::io::duplex(room);
        let mut socket = Together(ours);
        let pieces: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let length = poll_fn(|cx| Pin::new(&mut socket).poll_write_vectored(cx, &pieces)).await.unwrap();
        drop(socket);
        let mut arrived = Vec::new();
        theirs.read_to_end(&mut arrived).await.unwrap();
        (length, arrived)
    }

    #[tokio::test]
    async fn pieces_arrive_in_order_and_what_is_not_taken_is_said() {
        assert_eq!(sent(&[b"head", b"", b"body"], 64).await, (8, b"headbody".to_vec()));
        assert_eq!(sent(&[b"head", b"body"], 6).await, (6, b"headbo".to_vec()));
        let large = vec![b'x'; SMALL];
        let (length, arrived) = sent(&[&large, b"y"], 2 * SMALL).await;
        assert_eq!((length, arrived.len()), (SMALL + 1, SMALL + 1));
        assert_eq!(sent(&[], 64).await, (0, Vec::new()));
    }
}
