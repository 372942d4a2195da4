//! Where the everything-server keeps its sessions, as `ANPU_STORE` says: several of them with one store are one service.

use anpu::prelude::*;
use anpu::store::{Redb, Redis};

/// The server with the store at this place: the URL of a Redis or Valkey, or the path of a file.
pub(crate) async fn stored(server: Server, place: Option<String>) -> Result<Server> {
    Ok(match place {
        Some(url) if url.contains("://") => server.store(Redis::connect(url).await?),
        Some(path) => server.store(Redb::open(path).await?),
        None => server,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_is_no_path() {
        let wrong = stored(crate::server(), Some("mysql://127.0.0.1".to_owned())).await.unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Config, "{wrong}");
        let path = std::env::temp_dir().join(format!("anpu-everything-{}.redb", std::process::id()));
        let place = path.to_string_lossy().into_owned();
        let server = stored(crate::server(), Some(place)).await.unwrap();
        assert!(path.exists());
        drop(server);
        std::fs::remove_file(path).unwrap();
    }
}
