//! The store on Redis while its server is gone, hangs or is out of reach: it fails in time, is well again by itself, and the
//! bus loses nothing without saying so.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anpu::ErrorKind;
use anpu::store::{
    Bound, Bus, Delivery, Events, Expected, Loaded, Position, Redis, Replay, Sessions, Subscription, Swapped, Tasks,
    Values,
};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::PATIENCE;
use super::server::RedisServer;

const HOUR: Duration = Duration::from_secs(3600);
const BOUND: Bound = Bound { entries: 100, bytes: 100_000, ttl: HOUR };
/// The deadline of a store whose server is taken away.
const DEADLINE: Duration = Duration::from_secs(1);

async fn connect(url: &str) -> anpu::Result<Redis> {
    Redis::connect(url).deadline(DEADLINE).await
}

/// Calls until the store is well again; while it is not, it says so as it must.
async fn until_well<T>(call: impl AsyncFn() -> anpu::Result<T>) -> T {
    let tried = async {
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Store, "{error:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, tried).await.expect("the store never came back")
}

/// What each contract says at the moment.
async fn kinds(store: &Redis) -> [Result<(), ErrorKind>; 6] {
    let kind = |error: anpu::Error| error.kind();
    let asked = async {
        tokio::join!(
            async { Values::get(store, "key").await.map(drop).map_err(kind) },
            async { store.load("id", None).await.map(drop).map_err(kind) },
            async { Tasks::get(store, "id").await.map(drop).map_err(kind) },
            async { store.replay("log", None, Position::START, 1).await.map(drop).map_err(kind) },
            async { store.publish("other", "message".into()).await.map_err(kind) },
            async { store.subscribe(&["other"]).await.map(drop).map_err(kind) },
        )
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("a call never ended").into()
}

#[tokio::test]
async fn a_server_that_was_killed_comes_back_with_all() -> anpu::Result {
    let mut server = RedisServer::start();
    let store = connect(&server.url()).await?;
    let Swapped::Done(revision) = Values::swap(&store, "key", Expected::Absent, "value".into(), None).await? else {
        panic!()
    };
    let _ = store.save("id", Expected::Absent, Some("ann"), "record".into(), HOUR).await?;
    store.end("ended", HOUR).await?;
    let _ = store.put("id", None, "task".into(), HOUR).await?;
    let position = store.append("log", 1, "event".into(), BOUND).await?;

    server.kill();
    assert_eq!(kinds(&store).await, [Err(ErrorKind::Store); 6]);
    assert_eq!(kinds(&store).await, [Err(ErrorKind::Store); 6], "while the connection is made again");
    server.restart();

    let value = until_well(async || Values::get(&store, "key").await).await.unwrap();
    assert_eq!((value.revision, &value.bytes[..]), (revision, &b"value"[..]));
    assert_eq!(kinds(&store).await, [Ok(()); 6]);
    let Loaded::Record(record) = store.load("id", None).await? else { panic!("a record was lost") };
    assert_eq!(record.bytes, "record");
    assert_eq!(store.load("ended", None).await?, Loaded::Ended);
    assert_eq!(store.count(Some("ann")).await?, 1);
    assert_eq!(Tasks::get(&store, "id").await?.unwrap().bytes, "task");
    assert_eq!(store.replay("log", Some(1), position, 10).await?, Replay::Events(Vec::new()));
    assert!(store.append("log", 1, "event".into(), BOUND).await? > position);
    let swapped = Values::swap(&store, "key", Expected::Revision(revision), "new".into(), None).await?;
    assert!(matches!(swapped, Swapped::Done(next) if next > revision));
    Ok(())
}

#[tokio::test]
async fn a_call_waits_for_a_server_that_is_soon_back() -> anpu::Result {
    let mut server = RedisServer::start();
    let store = super::connect(&server.url()).await?;
    let _ = Values::swap(&store, "key", Expected::Absent, "value".into(), None).await?;
    server.kill();
    // The first call may find the lost connection, and fail; who comes later waits.
    let mut waiting = pin!(async {
        match Values::get(&store, "key").await {
            Ok(value) => Ok(value),
            Err(_) => Values::get(&store, "key").await,
        }
    });
    let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "nobody is there who could answer: {early:?}");
    server.restart();
    assert_eq!(waiting.await?.unwrap().bytes, "value");
    Ok(())
}

#[tokio::test]
async fn a_server_that_hangs_holds_nobody_up_beyond_the_deadline() -> anpu::Result {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let (store, well) = (connect(&server.url()).await?, super::connect(&other.url()).await?);
    let _ = Values::swap(&store, "key", Expected::Absent, "value".into(), None).await?;

    server.pause();
    assert_eq!(kinds(&store).await, [Err(ErrorKind::Store); 6]);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { kinds(&store).await }
    });
    assert_eq!(kinds(&well).await, [Ok(()); 6]);
    assert_eq!(waiting.await?, [Err(ErrorKind::Store); 6]);
    let error = connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("does not answer"), "{error:?}");

    server.resume();
    let value = until_well(async || Values::get(&store, "key").await).await.unwrap();
    assert_eq!(value.bytes, "value");
    assert_eq!(kinds(&store).await, [Ok(()); 6]);
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_was_killed_comes_back_with_all() -> anpu::Result {
    let mut server = super::cluster();
    let store = connect(&server.url().replace("redis:", "redis+cluster:")).await?;
    let patient = super::connect_to_cluster(&server).await?;
    let _ = Values::swap(&patient, "key", Expected::Absent, "value".into(), None).await?;
    let mut heard = store.subscribe(&["topic"]).await?;
    server.kill();
    assert_eq!(kinds(&store).await, [Err(ErrorKind::Store); 6]);
    server.restart();
    let value = until_well(async || Values::get(&store, "key").await).await.unwrap();
    assert_eq!(value.bytes, "value");
    until_well(async || store.publish("topic", "after".into()).await).await;
    assert_eq!(next(&mut heard).await, "after");
    assert_eq!(kinds(&store).await, [Ok(()); 6]);
    Ok(())
}

#[tokio::test]
async fn the_bus_goes_on_after_a_restart() -> anpu::Result {
    let mut server = RedisServer::start();
    let (listens, speaks) = (connect(&server.url()).await?, super::connect(&server.url()).await?);
    let mut heard = listens.subscribe(&["topic"]).await?;
    speaks.publish("topic", "before".into()).await?;
    assert_eq!(next(&mut heard).await, "before");
    server.kill();
    server.restart();
    until_well(async || speaks.publish("topic", "after".into()).await).await;
    assert_eq!(next(&mut heard).await, "after");
    Ok(())
}

#[tokio::test]
async fn a_server_that_lost_its_memory_is_noticed() -> anpu::Result {
    let mut server = RedisServer::with(&["--appendonly", "no"]);
    let (listens, speaks) = (connect(&server.url()).await?, super::connect(&server.url()).await?);
    let mut heard = listens.subscribe(&["topic"]).await?;
    let position = speaks.append("log", 1, "event".into(), BOUND).await?;
    speaks.publish("topic", "before".into()).await?;
    assert_eq!(next(&mut heard).await, "before");
    server.kill();
    server.restart();
    // Nobody says anything: it is noticed all the same.
    assert_eq!(next(&mut heard).await, "(lagged)");
    until_well(async || speaks.publish("topic", "after".into()).await).await;
    assert_eq!(next(&mut heard).await, "after");
    assert_eq!(speaks.replay("log", Some(1), position, 10).await?, Replay::Gone);
    Ok(())
}

/// Stands between a store and its server, and can be cut.
struct Cable {
    url: String,
    is_cut: Arc<AtomicBool>,
    cut: Arc<Notify>,
}

impl Cable {
    async fn to(server: &RedisServer) -> anpu::Result<Self> {
        let (listener, port) = (TcpListener::bind("127.0.0.1:0").await?, server.port());
        let url = format!("redis://{}", listener.local_addr()?);
        let (is_cut, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let cable = Self { url, is_cut: Arc::clone(&is_cut), cut: Arc::clone(&cut) };
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let cut = Arc::clone(&cut);
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                    tokio::select! {
                        () = cut.notified() => {}
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                    }
                });
            }
        });
        Ok(cable)
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

async fn next(heard: &mut Subscription) -> String {
    match tokio::time::timeout(PATIENCE, heard.next()).await.expect("nothing was heard") {
        Some(Delivery::Message(message)) => String::from_utf8_lossy(&message.bytes).into_owned(),
        Some(Delivery::Lagged) => "(lagged)".to_owned(),
        None => "(over)".to_owned(),
    }
}

#[tokio::test]
async fn a_cut_connection_loses_no_message() -> anpu::Result {
    let server = RedisServer::start();
    let cable = Cable::to(&server).await?;
    let (listens, speaks) = (connect(&cable.url).await?, super::connect(&server.url()).await?);
    let mut heard = listens.subscribe(&["topic"]).await?;
    for round in 0..3 {
        speaks.publish("topic", format!("{round} before").into()).await?;
        assert_eq!(next(&mut heard).await, format!("{round} before"));
        cable.cut();
        assert_eq!(kinds(&listens).await, [Err(ErrorKind::Store); 6]);
        for at in 0..200 {
            speaks.publish("topic", format!("{round} {at}").into()).await?;
        }
        cable.mend();
        for at in 0..200 {
            assert_eq!(next(&mut heard).await, format!("{round} {at}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_missed_more_than_the_server_keeps_is_told() -> anpu::Result {
    let server = RedisServer::with(&["--appendonly", "no"]);
    let cable = Cable::to(&server).await?;
    let (listens, speaks) = (connect(&cable.url).await?, super::connect(&server.url()).await?);
    let mut heard = listens.subscribe(&["topic"]).await?;
    speaks.publish("topic", "before".into()).await?;
    assert_eq!(next(&mut heard).await, "before");
    cable.cut();
    assert_eq!(kinds(&listens).await, [Err(ErrorKind::Store); 6]);
    for _ in 0..100 {
        let crowd = (0..101).map(|_| {
            let speaks = speaks.clone();
            tokio::spawn(async move { speaks.publish("elsewhere", "noise".into()).await })
        });
        for said in Vec::from_iter(crowd) {
            said.await??;
        }
    }
    speaks.publish("topic", "after".into()).await?;
    cable.mend();
    assert_eq!(next(&mut heard).await, "(lagged)");
    assert_eq!(next(&mut heard).await, "after");
    Ok(())
}

#[tokio::test]
async fn a_closed_store_ends_its_subscriptions() -> anpu::Result {
    let server = RedisServer::start();
    let store = connect(&server.url()).await?;
    let mut heard = store.subscribe(&["topic"]).await?;
    store.publish("topic", "last".into()).await?;
    assert_eq!(next(&mut heard).await, "last");
    drop(store);
    assert_eq!(next(&mut heard).await, "(over)");
    Ok(())
}
