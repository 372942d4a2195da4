//! The store on Redis over TLS. Whom to trust is told by the environment, so a child process does what is tested.

use std::path::PathBuf;
use std::process::Command;

use anpu::ErrorKind;
use anpu::store::{Bus, Delivery, Expected, Values};

use super::server::RedisServer;

/// The environment variable that makes this test the child; its value is the URL.
const CHILD: &str = "ANPU_TEST_TLS";

fn file(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name).display().to_string()
}

#[tokio::test]
async fn child() -> anpu::Result {
    let Ok(url) = std::env::var(CHILD) else { return Ok(()) };
    let store = super::connect(&url).await?;
    let mut heard = store.subscribe(&["topic"]).await?;
    let _ = Values::swap(&store, "key", Expected::Absent, "value".into(), None).await?;
    store.publish("topic", "message".into()).await?;
    let Some(Delivery::Message(message)) = heard.next().await else { panic!("a message was published") };
    assert_eq!(message.bytes, "message");
    Ok(())
}

#[tokio::test]
async fn a_server_is_trusted_by_its_certificate() -> anpu::Result {
    let (authority, certificate, key) = (file("authority.pem"), file("server.pem"), file("server.key"));
    let server = RedisServer::with(&[
        "--appendonly",
        "no",
        "--port",
        "0",
        "--tls-port",
        "{port}",
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
    ]);
    let url = format!("rediss://localhost:{}", server.port());

    let mut command = Command::new(std::env::current_exe()?);
    command.args(["redis::tls::child", "--exact", "--nocapture"]).env(CHILD, &url);
    let trusting = command.env("SSL_CERT_FILE", &authority).output()?;
    assert!(trusting.status.success(), "{}", String::from_utf8_lossy(&trusting.stdout));

    let error = super::connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(format!("{error:?}").contains("invalid peer certificate"), "{error:?}");
    Ok(())
}
