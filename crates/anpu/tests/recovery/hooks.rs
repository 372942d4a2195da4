//! What the server's owner may say to a session that comes back.

use std::sync::atomic::{AtomicUsize, Ordering};

use anpu::store::Memory;
use anpu::{Cx, Hooks, NotRecovered, Proof, Recovering};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;

use crate::common::{about, elicitation, server, set_level};
use crate::endpoint::Endpoint;

static SEEN: AtomicUsize = AtomicUsize::new(0);

/// Counts how often a session comes back.
pub(crate) struct Counting;

impl Counting {
    pub(crate) fn seen() -> usize {
        SEEN.load(Ordering::SeqCst)
    }
}

impl Hooks for Counting {
    async fn recover(&self, _: &Cx, _: Proof, _: &mut Recovering) -> Result<(), NotRecovered> {
        // Others get the chance to come in between.
        tokio::task::yield_now().await;
        SEEN.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Lets come back what has a record; of the rest, who brings the word.
struct Strict;

impl Hooks for Strict {
    async fn recover(&self, cx: &Cx, proof: Proof, recovering: &mut Recovering) -> Result<(), NotRecovered> {
        assert_eq!((recovering.client().name.as_str(), recovering.version()), ("raw", "2025-11-25"));
        match proof {
            Proof::Record => Ok(()),
            _ if cx.principal().is_some() => {
                recovering.set_capabilities(anpu::model::ClientCapabilities::new());
                Ok(())
            }
            _ => Err(NotRecovered::new(StatusCode::GONE, "your cart has been emptied; begin anew")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_refuse_with_its_own_words_and_status() {
    let store = Memory::new();
    let before = Endpoint::new(server().store(store.clone()));
    let (plain, recorded) = (before.open().await, before.open().await);
    set_level(&before, &recorded, "error").await;
    let after = Endpoint::new(server().store(store).hooks(Strict));
    assert_eq!(after.ping(&recorded).await, StatusCode::OK);
    let ping = r#"{"jsonrpc":"2.0","id":"me","method":"ping"}"#;
    let refused = after.send(Method::POST, Some(&plain), ping).await;
    assert_eq!(refused.status(), StatusCode::GONE);
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["id"], "me");
    assert_eq!(error["error"]["message"], "your cart has been emptied; begin anew");
    assert_eq!(after.handle.sessions().len(), 1, "the refused one is not kept");
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_change_what_comes_back() {
    let before = Endpoint::new(server());
    let session = before.open_as(Some("alice"), &elicitation()).await;
    let after = Endpoint::new(server().hooks(Strict));
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    assert_eq!(after.send_as(Some("alice"), Method::POST, Some(&session), ping).await.status(), StatusCode::OK);
    assert!(!after.handle.sessions()[0].client_capabilities().elicits_form());
    let untouched = Endpoint::new(server());
    let session = untouched.open_as(None, &elicitation()).await;
    assert_eq!(about(&untouched, &session).await["elicits"], true);
}
