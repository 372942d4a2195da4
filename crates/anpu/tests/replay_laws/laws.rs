//! The laws, for random handlers.

use std::collections::BTreeMap;

use anpu::prelude::*;
use anpu::store::Memory;
use anpu::{Handle, Keys};
use proptest::prelude::*;

use crate::clients::{Came, Carried, Client, Round};
use crate::program::{Program, World, programs, tool};

fn server(program: &Program, world: &World) -> Server {
    Server::new("laws", "0").with(tool(program, world))
}

/// In virtual time.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// What comes of the program where its questions are asked in place, and what happened meanwhile.
async fn in_session(program: &Program, mood: u64, replays: bool) -> (Came, BTreeMap<String, usize>) {
    let world = World::default();
    let server = server(program, &world);
    let server = if replays { server.always_replay() } else { server };
    let came = Client::of(&server.build().unwrap()).in_session(mood).await;
    (came, world.effects())
}

/// Rounds until it is over; the client forgets some answers now and then.
async fn in_rounds(program: &Program, mood: u64, forgetful: bool) -> (Came, BTreeMap<String, usize>) {
    let world = World::default();
    let client = Client::of(&server(program, &world).build().unwrap());
    let mut carried = Carried::default();
    for id in 0.. {
        let round = client.round(id, &carried).await;
        if let Round::Over(came) = round {
            return (came, world.effects());
        }
        let forgets = |name: &str| forgetful && (name.len() as u64 + id).is_multiple_of(3);
        carried = round.answered(mood, forgets);
    }
    unreachable!("it is over some time")
}

/// The two nodes of one service.
fn nodes(program: &Program, world: &World) -> [Handle; 2] {
    let (store, keys) = (Memory::new(), Keys::random().unwrap());
    [(); 2].map(|()| server(program, world).store(store.clone()).keys(keys.clone()).build().unwrap())
}

/// Each round is sent twice: one after the other or both at once, to one node or two.
async fn twice(program: &Program, mood: u64, at_once: bool, on_two: bool) -> (Came, Vec<BTreeMap<String, usize>>) {
    let world = World::default();
    let nodes = nodes(program, &world);
    let clients = [Client::of(&nodes[0]), Client::of(&nodes[usize::from(on_two)])];
    let (mut carried, mut seen) = (Carried::default(), Vec::new());
    for id in 0.. {
        let rounds = if at_once {
            clients.iter().zip([2 * id, 2 * id + 1]).for_each(|(client, id)| client.send(&carried.request(id)));
            let messages = [clients[0].next().await, clients[1].next().await];
            messages.map(|message| Round::of(&message))
        } else {
            [clients[0].round(2 * id, &carried).await, clients[1].round(2 * id + 1, &carried).await]
        };
        assert_eq!(rounds[0].seen(), rounds[1].seen(), "the same round gives the same");
        seen.push(world.effects());
        // Now the one, now the other goes on.
        let [first, second] = rounds;
        let round = if id % 2 == 0 { first } else { second };
        if let Round::Over(came) = round {
            return (came, seen);
        }
        let again = clients[0].round(1_000_000 + id, &round.answered(mood, |_| true)).await;
        assert_eq!(again.seen(), round.seen(), "what was not answered is asked again");
        carried = again.answered(mood, |_| false);
    }
    unreachable!("it is over some time")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_of_a_handler_is_the_same_however_it_is_run(program in programs(true), mood: u64, forgetful: bool) {
        run(async {
            let place = in_session(&program, mood, false).await;
            assert_eq!(in_session(&program, mood, true).await, place, "let go and run again in a session");
            let rounds = in_rounds(&program, mood, forgetful).await;
            assert_eq!(rounds.0, place.0, "round by round");
            assert_eq!(rounds.1, place.1, "what was done once, round by round");
        });
    }

    #[test]
    fn a_round_that_is_sent_twice_gives_the_same_and_does_nothing_twice(
        program in programs(false), mood: u64, at_once: bool, on_two: bool
    ) {
        run(async {
            let place = in_session(&program, mood, false).await;
            let (came, seen) = twice(&program, mood, at_once, on_two).await;
            assert_eq!(came, place.0);
            // The first round sent twice is two requests: each did what it does.
            let first = &seen[0];
            assert!(first.values().all(|times| *times == 2), "{first:?}");
            for (effect, times) in seen.last().unwrap() {
                let wanted = first.get(effect).unwrap_or(&1);
                assert_eq!(times, wanted, "`{effect}` in {seen:?}");
            }
            assert_eq!(seen.last().unwrap().keys().collect::<Vec<_>>(), place.1.keys().collect::<Vec<_>>());
        });
    }
}
