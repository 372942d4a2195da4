//! State of principals: the same wherever they come from, nobody else's, and never what a session or a handle has.

use std::time::Duration;

use anpu::store::Memory;
use anpu::{Principal, Server, User, components};
use serde_json::json;
use tokio::time::advance;

use crate::endpoint::{Endpoint, ann, bob};
use crate::shop::{Prefs, server};

#[tokio::test(start_paused = true)]
async fn it_is_the_same_in_all_sessions_in_both_eras_and_on_all_servers() {
    let store = Memory::new();
    let (here, there) = (Endpoint::on(store.clone(), server()), Endpoint::on(store, server()));
    let (one, other) = (here.open_as(ann()).await, there.open_as(ann()).await);
    let name = |name: &str| json!({ "name": "remember", "arguments": { "name": name } });
    here.ask_as(ann(), &one, "tools/call", name("Annie")).await;
    let recall = json!({ "name": "recall" });
    assert_eq!(there.ask_as(ann(), &other, "tools/call", recall.clone()).await.text(), "Annie");
    assert_eq!(there.call_alone(ann(), "recall", json!({})).await.text(), "Annie");
    assert_eq!(here.call_alone(bob(), "recall", json!({})).await.text(), "");
    there.alone_as(ann(), "tools/call", name("Anna")).await;
    assert_eq!(here.ask_as(ann(), &one, "tools/call", recall).await.text(), "Anna");
}

#[tokio::test(start_paused = true)]
async fn nobody_and_many_under_one_name_have_none() {
    let endpoint = Endpoint::of(server());
    let nobody = endpoint.call_alone(None, "recall", json!({})).await;
    assert!(nobody.wrong().contains("nobody is signed in"), "{nobody:?}");
    let many = endpoint.call_alone(Some(Principal::shared("gateway")), "recall", json!({})).await;
    assert!(many.wrong().contains("many are signed in as one"), "{many:?}");
    let session = endpoint.open().await;
    assert!(endpoint.call(&session, "recall", json!({})).await.wrong().contains("nobody is signed in"));
}

#[tokio::test(start_paused = true)]
async fn session_handle_and_principal_never_stand_in_for_each_other() {
    let endpoint = Endpoint::of(server());
    let session = endpoint.open_as(ann()).await;
    let in_session = async |tool: &str, arguments| {
        endpoint.ask_as(ann(), &session, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    };
    in_session("paint", json!({ "color": "of the session" })).await;
    let painted = endpoint.call_alone(ann(), "paint", json!({ "color": "of the handle" })).await;
    let handle = painted.handle().unwrap().to_owned();
    assert_eq!(in_session("recall", json!({})).await.text(), "", "the principal has nothing of it");
    in_session("remember", json!({ "name": "of the user" })).await;

    assert_eq!(in_session("color", json!({})).await.text(), "of the session");
    assert_eq!(
        in_session("color", json!({ "session": handle })).await.text(),
        "of the session",
        "no handles in sessions"
    );
    assert_eq!(in_session("recall", json!({})).await.text(), "of the user");
    assert_eq!(endpoint.call_alone(ann(), "color", json!({})).await.text(), "", "without a handle nothing");
    assert_eq!(endpoint.call_alone(ann(), "color", json!({ "session": handle })).await.text(), "of the handle");
    let name = endpoint.call_alone(ann(), "color", json!({ "session": session })).await;
    assert!(name.wrong().starts_with("there is no session of this name"), "the id of a session is no handle");
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_for_ever_or_as_long_as_the_server_says() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for (server, after) in [(server(), "Annie"), (server().user_retention(30 * DAY), "")] {
        let endpoint = Endpoint::of(server);
        endpoint.call_alone(ann(), "remember", json!({ "name": "Annie" })).await;
        advance(25 * DAY).await;
        assert_eq!(endpoint.call_alone(ann(), "recall", json!({})).await.text(), "Annie");
        advance(25 * DAY).await;
        assert_eq!(endpoint.call_alone(ann(), "recall", json!({})).await.text(), "Annie", "it was used meanwhile");
        advance(400 * DAY).await;
        assert_eq!(endpoint.call_alone(ann(), "recall", json!({})).await.text(), after);
    }
}

#[anpu::tool]
async fn takes_it(prefs: User<Prefs>) -> anpu::Result<String> {
    Ok(prefs.read().await?.color)
}

#[tokio::test]
async fn a_server_that_does_not_know_who_asks_is_refused() {
    let error = Server::new("s", "1").with(components![takes_it]).build().unwrap_err().to_string();
    assert!(error.contains("tool `takes_it`: takes `User<") && error.contains(".auth(..)"), "{error}");
    let handle = Server::new("s", "1").build().unwrap();
    assert!(handle.insert(components![takes_it]).is_err(), "not while it runs either");
    Server::new("s", "1").auth(anpu::FromExtensions).with(components![takes_it]).build().unwrap();
}

#[tokio::test]
async fn in_a_unit_test_it_is_a_value() {
    assert_eq!(takes_it(User::test(Prefs { color: "red".into() })).await.unwrap(), "red");
}
