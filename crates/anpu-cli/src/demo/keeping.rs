//! Where the demo keeps its sessions: in a file beside the notes, or in the store that `--store` or `ANPU_STORE` names.

use std::env;
use std::path::{Path, PathBuf};

use anpu::store::{Redb, Redis};
use anpu::{Error, ErrorKind, Server};

const VARIABLE: &str = "ANPU_STORE";
/// How the URLs begin that `Redis::connect` takes.
const REDIS: [&str; 5] = ["redis", "rediss", "valkey", "valkeys", "unix"];

/// A place for sessions.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    File(PathBuf),
    Redis(String),
}

impl Place {
    /// The place that the arguments name, else the environment, else a file in the folder of the notes.
    pub(crate) fn named(option: Option<&str>, folder: &Path) -> anpu::Result<Self> {
        let named = match option {
            Some(named) => Some(named.to_owned()),
            None => match env::var(VARIABLE) {
                Ok(named) => Some(named),
                Err(env::VarError::NotPresent) => None,
                Err(env::VarError::NotUnicode(_)) => {
                    return Err(Error::new(ErrorKind::Config, format!("{VARIABLE} is not text")));
                }
            },
        };
        named.map_or_else(|| Ok(Self::File(folder.join("sessions.redb"))), |named| Self::read(&named))
    }

    fn read(named: &str) -> anpu::Result<Self> {
        let scheme = named.split_once("://").map(|(scheme, _)| scheme.trim_end_matches("+cluster"));
        match scheme {
            Some(scheme) if REDIS.contains(&scheme) => Ok(Self::Redis(named.to_owned())),
            Some(scheme) => Err(Error::new(
                ErrorKind::Config,
                format!(
                    "there is no store for `{}://`: name a file, or a server as redis://host:6379",
                    scheme.escape_default()
                ),
            )),
            None if named.is_empty() => Err(Error::new(
                ErrorKind::Config,
                format!("{VARIABLE} is empty: name a file, or a server as redis://host:6379"),
            )),
            None => Ok(Self::File(named.into())),
        }
    }

    /// The server with its sessions there, and with the keys that are kept there unless `ANPU_KEYS` has some.
    pub(super) async fn keep(self, server: Server) -> anpu::Result<Server> {
        let server = match self {
            Self::File(file) => server.store(Redb::open(file).await?),
            Self::Redis(url) => server.store(Redis::connect(url).await?),
        };
        server.prepare().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_file_unless_it_is_a_url() {
        let file = |path: &str| Place::File(path.into());
        let redis = |url: &str| Place::Redis(url.to_owned());
        let folder = Path::new("notes");
        assert_eq!(Place::named(Some("/var/lib/a.redb"), folder).unwrap(), file("/var/lib/a.redb"));
        for url in ["redis://localhost", "rediss://:pw@host:6380/1", "valkey+cluster://a:1,b:2", "unix:///run/redis"] {
            assert_eq!(Place::named(Some(url), folder).unwrap(), redis(url));
        }
        let error = Place::named(Some("postgres://localhost/secret"), folder).unwrap_err().to_string();
        assert!(error.contains("`postgres://`") && !error.contains("secret"), "{error}");
        Place::named(Some(""), folder).unwrap_err();
    }
}
