//! The store in a file, under a process that is killed: what was acknowledged is there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anpu::store::{Bound, Events, Expected, Loaded, Position, Redb, Replay, Sessions, Swapped, Values};

use crate::redb::Folder;

/// The environment variable that makes this test the process to be killed; its value is the file.
const CHILD: &str = "ANPU_TEST_CRASH";
const HOUR: Duration = Duration::from_secs(3600);
const WRITERS: usize = 8;
const BOUND: Bound = Bound { entries: 1_000_000, bytes: 1_000_000_000, ttl: HOUR };

/// Writes for ever, and says so of each write after it was acknowledged. Only a child process runs this to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() -> anpu::Result {
    let Some(file) = std::env::var_os(CHILD) else { return Ok(()) };
    let store = Redb::open(file).await?;
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write_for_ever(store.clone(), writer)));
    for writer in Vec::from_iter(writers) {
        writer.await??;
    }
    Ok(())
}

async fn write_for_ever(store: Redb, writer: usize) -> anpu::Result {
    let counter = format!("counter{writer}");
    let mut expected = Expected::Anything;
    for at in 1usize.. {
        let number = at.to_string();
        let swapped = store.swap(&counter, expected, number.clone().into(), None).await?;
        let Swapped::Done(revision) = swapped else { panic!("nobody else counts here") };
        expected = Expected::Revision(revision);
        let _ = store.save(&format!("s{writer}-{at}"), Expected::Absent, None, number.into(), HOUR).await?;
        if at % 3 == 0 {
            store.end(&format!("s{writer}-{at}"), HOUR).await?;
        }
        store.append(&format!("log{writer}"), 1, at.to_string().into(), BOUND).await?;
        // One call, so that a line is whole or not there.
        std::io::stdout().write_all(format!("\n#{writer} {at}\n").as_bytes())?;
    }
    Ok(())
}

fn start(file: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["crash::child", "--exact", "--nocapture"]).env(CHILD, file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets a child write until so many writes were acknowledged, and kills it: the last number of each writer.
fn run_and_kill(file: &Path, enough: usize) -> Vec<usize> {
    let mut child = start(file);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acknowledged, mut said) = (vec![0; WRITERS], 0);
    for line in lines {
        let line = line.unwrap();
        let Some((writer, at)) = line.strip_prefix('#').and_then(|line| line.split_once(' ')) else { continue };
        acknowledged[writer.parse::<usize>().unwrap()] = at.parse().unwrap();
        said += 1;
        if said == enough {
            // SIGKILL on Unix; what the child still said before it died is read all the same.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(said >= enough, "the child ended by itself after {said} writes");
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() -> anpu::Result {
    let folder = Folder::new("crash");
    for round in 0..5 {
        let file = folder.file().with_extension(format!("{round}"));
        let acknowledged = run_and_kill(&file, 100 + 37 * round);
        let store = Redb::open(&file).await?;
        for (writer, &last) in acknowledged.iter().enumerate() {
            let counter = store.get(&format!("counter{writer}")).await?;
            let counter = counter.map_or(0, |stored| String::from_utf8_lossy(&stored.bytes).parse().unwrap());
            assert!(counter == last || counter == last + 1, "{last} was acknowledged, {counter} is there");
            for at in 1..=last {
                let id = format!("s{writer}-{at}");
                match store.load(&id, None).await? {
                    Loaded::Ended => assert_eq!(at % 3, 0, "{id}"),
                    Loaded::Record(stored) => {
                        assert_eq!((at % 3 != 0, &stored.bytes[..]), (true, at.to_string().as_bytes()));
                    }
                    lost => panic!("{id}: {lost:?}"),
                }
            }
            let Replay::Events(events) = store.replay(&format!("log{writer}"), Some(1), Position::START, 1000).await?
            else {
                panic!("nothing was dropped")
            };
            let said: Vec<_> = events.iter().map(|event| String::from_utf8_lossy(&event.bytes).into_owned()).collect();
            let wanted: Vec<_> = (1..=said.len().max(last)).map(|at| at.to_string()).collect();
            assert_eq!(said, wanted, "events of {writer}");
        }
        println!("round {round}: {} writes acknowledged, all there", 3 * acknowledged.iter().sum::<usize>());
        store.close().await?;
    }
    Ok(())
}
