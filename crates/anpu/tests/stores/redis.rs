//! The store on Redis, on servers of the tests' own: the contract, and what it promises beside it.

mod outage;
#[path = "../support/redis_server.rs"]
mod server;
mod tls;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use anpu::ErrorKind;
use anpu::store::{
    Bound, Bus, Delivery, Events, Expected, Loaded, Position, Redis, Replay, Revision, Saved, Sessions, Store, Swapped,
    Tasks, Values,
};

use server::RedisServer;

static SERVER: LazyLock<RedisServer> = LazyLock::new(|| RedisServer::with(&["--appendonly", "no"]));

/// Far longer than any answer takes, so that a busy machine fails no test.
const PATIENCE: Duration = Duration::from_secs(30);

async fn open() -> anpu::Result<Redis> {
    connect(&SERVER.url()).await
}

async fn connect(url: &str) -> anpu::Result<Redis> {
    Redis::connect(url).deadline(PATIENCE).await
}

anpu::store_contract!(contract, super::open);

const HOUR: Duration = Duration::from_secs(3600);
const BOUND: Bound = Bound { entries: 100, bytes: 100_000, ttl: HOUR };

/// Sends a command past the store: the first line of the answer.
fn say(server: &RedisServer, command: &str) -> String {
    let mut wire = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    wire.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    BufReader::new(wire).lines().next().unwrap().unwrap()
}

/// A cluster of one server. For its first two seconds it says that it is down.
fn cluster() -> RedisServer {
    let server = RedisServer::with(&["--cluster-enabled", "yes", "--appendonly", "yes"]);
    assert_eq!(say(&server, "CLUSTER ADDSLOTSRANGE 0 16383"), "+OK");
    server
}

/// Connects to it by two names of its one server.
async fn connect_to_cluster(server: &RedisServer) -> anpu::Result<Redis> {
    connect(&format!("redis+cluster://127.0.0.1:{},localhost:{}", server.port(), server.port())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_the_contract() {
    let server = cluster();
    let cases = anpu::testing::store_contract::run(async || connect_to_cluster(&server).await).await;
    println!("{cases} cases on a cluster");
}

/// Counts to so many, against others who count.
async fn count(url: String, times: usize) -> anpu::Result {
    let store = connect(&url).await?;
    let mut done = 0;
    while done < times {
        let found = Values::get(&store, "counter").await?;
        let number: u32 = found.as_ref().map_or(0, |found| String::from_utf8_lossy(&found.bytes).parse().unwrap());
        let expected = found.map_or(Expected::Absent, |found| Expected::Revision(found.revision));
        let swapped = Values::swap(&store, "counter", expected, (number + 1).to_string().into(), None).await?;
        done += usize::from(swapped != Swapped::Conflict);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_increment_of_many_counts_once() -> anpu::Result {
    let server = RedisServer::start();
    let crowd = Vec::from_iter((0..16).map(|_| tokio::spawn(count(server.url(), 25))));
    for counting in crowd {
        counting.await??;
    }
    let store = connect(&server.url()).await?;
    assert_eq!(Values::get(&store, "counter").await?.unwrap().bytes, "400");
    Ok(())
}

#[tokio::test]
async fn prefixes_do_not_see_each_other() -> anpu::Result {
    let server = RedisServer::start();
    let shop = Redis::connect(server.url()).prefix("shop:").deadline(PATIENCE).await?;
    let bank = Redis::connect(server.url()).prefix("bank:").deadline(PATIENCE).await?;
    let mut heard = bank.subscribe(&["topic"]).await?;
    let _ = Values::swap(&shop, "key", Expected::Absent, "shop".into(), None).await?;
    let _ = shop.save("id", Expected::Absent, Some("ann"), "shop".into(), HOUR).await?;
    let _ = shop.put("id", Some("ann"), "shop".into(), HOUR).await?;
    let position = shop.append("log", 1, "shop".into(), BOUND).await?;
    shop.publish("topic", "shop".into()).await?;

    assert_eq!(Values::get(&bank, "key").await?, None);
    assert_eq!(bank.load("id", None).await?, Loaded::Absent);
    assert_eq!((bank.count(None).await?, bank.count(Some("ann")).await?), (0, 0));
    assert_eq!(Sessions::list(&bank, None, None, 10).await?.records.len(), 0);
    assert_eq!(Tasks::list(&bank, Some("ann"), None, 10).await?.records.len(), 0);
    assert_eq!(bank.replay("log", None, Position::START, 10).await?, Replay::Events(Vec::new()));
    assert_eq!(bank.replay("log", None, position, 10).await?, Replay::Gone);
    bank.publish("topic", "bank".into()).await?;
    let Some(Delivery::Message(message)) = heard.next().await else { panic!("a message was published") };
    assert_eq!(message.bytes, "bank");
    Ok(())
}

#[tokio::test]
async fn no_connection_says_why_and_tells_no_password() -> anpu::Result {
    let mut server = RedisServer::with(&["--requirepass", "right"]);
    let at = format!("127.0.0.1:{}", server.port());
    for (url, kind, said) in [
        (format!("redis://:seCret@{at}"), ErrorKind::Config, "refuses the user or password"),
        (format!("redis://{at}"), ErrorKind::Config, "refuses the user or password"),
        (format!("http://:seCret@{at}"), ErrorKind::Config, "one is like redis://"),
        (format!("redis://:seCret@{at}/number"), ErrorKind::Config, "database number"),
        ("seCret".to_owned(), ErrorKind::Config, "one is like redis://"),
        (format!("redis+cluster://:seCret@{at}/1"), ErrorKind::Config, "only database 0"),
        (format!("rediss://:seCret@{at}#insecure"), ErrorKind::Config, "cannot be used"),
        ("redis://:seCret@no-such-host.invalid".to_owned(), ErrorKind::Store, "no-such-host.invalid:6379"),
    ] {
        let connecting = Redis::connect(&url);
        assert!(!format!("{connecting:?}").contains("seCret"));
        let error = connecting.await.unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error:?}");
        assert!(error.to_string().contains(said), "{url}: {error:?}");
        assert!(!format!("{error:?}").contains("seCret"), "{error:?}");
    }
    let store = Redis::connect(format!("redis://:right@{at}/3")).prefix("shop:").deadline(PATIENCE).await?;
    for said in [store.describe(), format!("{store:?}")] {
        assert!(!said.contains("right"), "{said}");
        assert!(said.contains(&format!("{at}/3, keys shop:*")), "{said}");
    }
    server.kill();
    let error = Redis::connect(format!("redis://:seCret@{at}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("cannot be reached"), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_full_server_takes_nothing_new_and_gives_room() -> anpu::Result {
    let server = RedisServer::start();
    let store = connect(&server.url()).await?;
    let _ = store.save("id", Expected::Absent, Some("ann"), "record".into(), HOUR).await?;
    let _ = Values::swap(&store, "key", Expected::Absent, "value".into(), None).await?;
    assert_eq!(say(&server, "CONFIG SET maxmemory 1"), "+OK");

    let kind = |error: anpu::Error| error.kind();
    let full = [
        store.save("id", Expected::Anything, None, "new".into(), HOUR).await.map(drop).map_err(kind),
        Values::swap(&store, "key", Expected::Anything, "new".into(), None).await.map(drop).map_err(kind),
        store.put("id", None, "new".into(), HOUR).await.map(drop).map_err(kind),
        store.append("log", 1, "new".into(), BOUND).await.map(drop).map_err(kind),
        store.publish("topic", "new".into()).await.map_err(kind),
    ];
    assert_eq!(full, [Err(ErrorKind::Overloaded); 5]);
    let Loaded::Record(record) = store.load("id", None).await? else { panic!("it was saved") };
    assert_eq!(record.bytes, "record");
    assert!(Sessions::touch(&store, "id", HOUR).await?);
    assert!(store.end("id", HOUR).await?);
    assert!(Values::delete(&store, "key", Expected::Anything).await?);
    assert_eq!(store.load("id", None).await?, Loaded::Ended);
    Ok(())
}

#[tokio::test]
async fn a_place_that_the_server_has_forgotten_is_gone() -> anpu::Result {
    let server = RedisServer::start();
    let store = connect(&server.url()).await?;
    let last = store.append("log", 1, "event".into(), BOUND).await?;
    assert_eq!(store.replay("log", Some(1), last, 10).await?, Replay::Events(Vec::new()));
    // A crash took the end of the log, which a client has seen.
    assert_eq!(store.replay("log", Some(1), Position(last.0 + 1), 10).await?, Replay::Gone);
    // A server that evicts keys took a part of the log: it begins anew.
    assert_eq!(say(&server, "DEL anpu:{e:log}h"), ":1");
    assert_eq!(store.replay("log", Some(1), last, 10).await?, Replay::Gone);
    let new = store.append("log", 1, "new".into(), BOUND).await?;
    let Replay::Events(events) = store.replay("log", None, Position::START, 10).await? else {
        panic!("nothing is gone")
    };
    assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), [new]);
    Ok(())
}

/// The commands that clients sent to the server since this was made; what scripts do is not among them.
struct Monitor(BufReader<TcpStream>);

impl Monitor {
    fn of(server: &RedisServer) -> Self {
        let mut wire = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        wire.write_all(b"MONITOR\r\n").unwrap();
        let mut monitor = Self(BufReader::new(wire));
        assert_eq!(monitor.line(), "+OK");
        monitor
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn commands_before(&mut self, mark: &str) -> Vec<String> {
        let lines = std::iter::repeat_with(|| self.line()).take_while(|line| !line.contains(mark));
        let sent = lines.filter(|line| !line.contains(" lua]")).collect::<Vec<_>>();
        sent.iter().map(|line| line.split('"').nth(1).unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_method_is_one_round_trip() -> anpu::Result {
    let server = RedisServer::start();
    let store = connect(&server.url()).await?;
    every_method(&store).await?;
    let mut monitor = Monitor::of(&server);
    let calls = every_method(&store).await?;
    assert_eq!(Values::get(&store, "mark").await?, None);
    let sent = monitor.commands_before("v:mark");
    assert_eq!(sent.len(), calls, "{sent:?}");
    println!("{calls} calls, {} commands", sent.len());
    Ok(())
}

/// Calls each method at least once, but `subscribe`, whose reader asks on and on; says how many calls it were.
async fn every_method(store: &Redis) -> anpu::Result<usize> {
    let _ = Values::swap(store, "key", Expected::Anything, "value".into(), Some(HOUR)).await?;
    Values::get(store, "key").await?;
    Values::touch(store, "key", None).await?;
    Values::delete(store, "key", Expected::Anything).await?;
    let Saved::Done(revision) = store.save("id", Expected::Anything, Some("ann"), "record".into(), HOUR).await? else {
        panic!("anything was expected")
    };
    assert_eq!(store.load("id", Some(revision)).await?, Loaded::Unchanged);
    Sessions::touch(store, "id", HOUR).await?;
    Sessions::list(store, None, None, 10).await?;
    store.count(Some("ann")).await?;
    store.end("id", Duration::ZERO).await?;
    let _ = Tasks::put(store, "id", Some("ann"), "task".into(), HOUR).await?;
    Tasks::get(store, "id").await?;
    let _ = Tasks::swap(store, "id", Revision(1), "task".into(), HOUR).await?;
    Tasks::list(store, Some("ann"), None, 10).await?;
    Tasks::delete(store, "id").await?;
    let position = store.append("log", 1, "event".into(), BOUND).await?;
    store.replay("log", None, Position::START, 10).await?;
    store.trim("log", 1, position).await?;
    store.forget("log").await?;
    store.publish("topic", "message".into()).await?;
    Ok(20)
}
