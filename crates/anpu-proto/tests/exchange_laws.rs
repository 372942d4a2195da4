//! Laws of the forgetting engine: a handler that is run again and again does what it does in one run.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::time::Duration;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::exchange::{Asked, Limits, Millis, Once, Outcome, Replay};
use anpu_proto::model::*;
use proptest::prelude::*;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// A key that another key could be taken for, if names could collide.
const KEYS: [&str; 4] = ["a", "a#2", "a#", "roots"];

/// What a handler does, one after the other; the branches of a join at the same time.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize),
    /// A question that the client never answers.
    AskInVain(usize),
    Once(usize),
    /// Return, if the last answer was a refusal.
    Check,
    Join(Vec<Vec<Step>>),
}

fn scripts() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..KEYS.len();
    let leaf = prop_oneof![
        5 => key().prop_map(Step::Ask),
        1 => key().prop_map(Step::AskInVain),
        3 => key().prop_map(Step::Once),
        1 => Just(Step::Check),
    ];
    let step = leaf.prop_recursive(2, 24, 4, |step| {
        prop::collection::vec(prop::collection::vec(step, 0..4), 1..4).prop_map(Step::Join)
    });
    prop::collection::vec(step, 0..6)
}

#[derive(Debug, PartialEq)]
enum Flow {
    Ended,
    Returned,
    Pending,
}

/// One run of a script; what it heard is its result.
struct Handler<'a> {
    replay: &'a mut Replay,
    now: Millis,
    /// Whether a question is answered at once, as in a session.
    in_place: bool,
    /// The effects of all runs.
    effects: &'a mut Vec<String>,
}

impl Handler<'_> {
    fn run(&mut self, steps: &[Step], branch: &str, heard: &mut Vec<String>) -> Flow {
        for step in steps {
            let flow = match step {
                Step::Ask(key) => self.ask(*key, None, branch, heard),
                Step::AskInVain(key) => self.ask(*key, Some(Duration::from_millis(15)), branch, heard),
                Step::Once(key) => self.once(*key, branch, heard),
                Step::Check if heard.last().is_some_and(|last| last.contains("decline")) => Flow::Returned,
                Step::Check => Flow::Ended,
                Step::Join(branches) => self.join(branches, branch, heard),
            };
            if flow != Flow::Ended {
                return flow;
            }
        }
        Flow::Ended
    }

    fn ask(&mut self, key: usize, patience: Option<Duration>, branch: &str, heard: &mut Vec<String>) -> Flow {
        let vain = if patience.is_some() { "vain " } else { "" };
        let ask = match KEYS[key] {
            "roots" => Ask::ListRoots(RequestParams::default()),
            key => Ask::Elicit(ElicitRequestParams::form(key, RequestedSchema::new())),
        };
        let mut outcome = self.replay.ask(&format!("{branch}{vain}{}", KEYS[key]), &ask, self.now, patience).unwrap();
        if let (Asked::Open(name), true) = (&outcome, self.in_place) {
            let told =
                answer(name).map_or(Outcome::TimedOut, |answer| Outcome::Answered(to_raw_value(&answer).unwrap()));
            assert!(self.replay.answer(name, told.clone()));
            outcome = Asked::Over(told);
        }
        match outcome {
            Asked::Over(outcome) => heard.push(format!("{outcome:?}")),
            Asked::Open(_) => return Flow::Pending,
        }
        Flow::Ended
    }

    fn once(&mut self, key: usize, branch: &str, heard: &mut Vec<String>) -> Flow {
        let value = match self.replay.once(&format!("{branch}{}", KEYS[key])).unwrap() {
            Once::Done(value) => value,
            Once::Do(name) => {
                self.effects.push(name.to_string());
                let value = to_raw_value(&*name).unwrap();
                self.replay.done(&name, value.clone());
                value
            }
        };
        heard.push(value.get().to_owned());
        Flow::Ended
    }

    fn join(&mut self, branches: &[Vec<Step>], branch: &str, heard: &mut Vec<String>) -> Flow {
        let mut flows = Vec::new();
        for (at, steps) in branches.iter().enumerate() {
            let mut told = Vec::new();
            flows.push(self.run(steps, &format!("{branch}{at}/"), &mut told));
            heard.extend(told);
        }
        [Flow::Pending, Flow::Returned].into_iter().find(|flow| flows.contains(flow)).unwrap_or(Flow::Ended)
    }
}

/// What the client answers to the question of this name; nothing if it never does.
fn answer(name: &str) -> Option<Value> {
    if name.contains("vain ") {
        return None;
    }
    if name.contains("roots") {
        return Some(json!({ "roots": [{ "uri": format!("file:///{name}") }] }));
    }
    let said = if name.len().is_multiple_of(3) { "decline" } else { "accept" };
    Some(json!({ "action": said, "content": { "name": name } }))
}

/// Says which open questions the client answers in a round; once it has nothing more to say, all of them.
struct Client {
    says: std::vec::IntoIter<bool>,
}

impl Client {
    fn answers(&mut self, open: &[String]) -> BTreeMap<String, Value> {
        let answered = open.iter().filter(|_| self.says.next().unwrap_or(true));
        answered.filter_map(|name| Some((name.clone(), answer(name)?))).collect()
    }
}

fn newest() -> &'static Dialect {
    dialect::ALL[0]
}

fn open(replay: &Replay) -> Vec<String> {
    replay.open().map(|(name, _)| name.to_owned()).collect()
}

fn responses(answers: BTreeMap<String, Value>) -> InputResponses {
    answers.into_iter().map(|(name, answer)| (name, answer.into())).collect()
}

/// The end of a script: what it heard, and its effects in the order of their names.
type Told = (Vec<String>, Vec<String>);

fn in_place(script: &[Step]) -> Told {
    let mut replay = Replay::fresh(1, newest(), &Limits::default());
    let (mut heard, mut effects) = (Vec::new(), Vec::new());
    let mut handler = Handler { replay: &mut replay, now: Millis(0), in_place: true, effects: &mut effects };
    assert_ne!(handler.run(script, "", &mut heard), Flow::Pending);
    assert!(!replay.has_open());
    effects.sort();
    (heard, effects)
}

/// In the same process, from the start after each answer.
fn restarted(script: &[Step], client: &mut Client) -> Told {
    let mut replay = Replay::fresh(1, newest(), &Limits::default());
    let mut effects = Vec::new();
    for round in 0..1_000 {
        let mut heard = Vec::new();
        let now = Millis(round * 10);
        let flow =
            Handler { replay: &mut replay, now, in_place: false, effects: &mut effects }.run(script, "", &mut heard);
        if flow != Flow::Pending {
            effects.sort();
            return (heard, effects);
        }
        for (name, answer) in client.answers(&open(&replay)) {
            assert!(replay.answer(&name, Outcome::Answered(to_raw_value(&answer).unwrap())));
        }
        replay.restart();
        assert!(!replay.has_open());
    }
    panic!("it never ends")
}

/// Round by round, with nothing between two rounds but the state and the answers; each round is run twice, and a third
/// time with no answers.
fn by_rounds(script: &[Step], client: &mut Client) -> Told {
    let mut effects: Vec<String> = Vec::new();
    let run = |mut replay: Replay, now: Millis, mut effects: Vec<String>| {
        let mut heard = Vec::new();
        let flow =
            Handler { replay: &mut replay, now, in_place: false, effects: &mut effects }.run(script, "", &mut heard);
        (replay, flow, heard, effects)
    };
    let mut next = Replay::fresh(1, newest(), &Limits::default());
    for round in 0..1_000 {
        let now = Millis(round * 10);
        let again = run(next.clone(), now, effects.clone());
        let (replay, flow, heard, done) = run(next, now, effects);
        assert_eq!((&flow, &heard, &done), (&again.1, &again.2, &again.3), "the same round, the same result");
        effects = done;
        if flow != Flow::Pending {
            effects.sort();
            return (heard, effects);
        }
        assert!(replay.has_open());
        let ended = replay.close().unwrap();
        assert_eq!(ended.state, again.0.close().unwrap().state);
        let asked = open(&replay);
        let mut sorted = asked.clone();
        sorted.sort();
        assert_eq!(ended.requests.keys().cloned().collect::<Vec<_>>(), sorted);

        let resume = |answers| {
            let junk = ("unknown".to_owned(), json!([1]));
            let answers = responses(std::iter::once(junk).chain(answers).collect());
            let next = Millis(now.0 + 10);
            Replay::resumed(&ended.state, &answers, newest(), next, &Limits::default()).unwrap()
        };
        let silent = Replay::resumed(&ended.state, &InputResponses::new(), newest(), now, &Limits::default()).unwrap();
        let silent = run(silent, now, effects.clone());
        assert_eq!((silent.1, &silent.2, &silent.3), (flow, &heard, &effects), "nothing new, nothing else");
        assert_eq!((open(&silent.0), silent.0.close().unwrap().state), (asked.clone(), ended.state.clone()));
        next = resume(client.answers(&asked));
    }
    panic!("it never ends")
}

/// Something that looks like a state.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let word = || {
        prop::sample::select(vec!["a", "a#2", "roots", "elicitation/create", "roots/list", "ping", "2026-07-28", ""])
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<u64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        word().prop_map(Value::from),
        Just(json!("timedOut")),
    ];
    let members = ["format", "name", "method", "fingerprint", "expires", "outcome", "answered", "refused"];
    let value = leaf.prop_recursive(3, 24, 6, move |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(members.to_vec()), value, 0..6)
                .prop_map(|members| json!(members)),
        ]
    });
    let ended = prop::sample::select(vec![json!("timedOut"), json!({ "answered": [5] }), Value::Null]);
    let outcome = prop_oneof![8 => ended, 1 => value.clone()];
    let question = (word(), word(), any::<u64>(), prop::option::of(any::<u64>()), outcome).prop_map(
        |(name, method, print, expires, outcome)| {
            json!({ "name": name, "method": method, "fingerprint": print, "expires": expires, "outcome": outcome })
        },
    );
    let near = (prop::collection::vec(question, 0..4), prop::collection::btree_map(word(), value.clone(), 0..3))
        .prop_map(|(questions, values)| {
            let (chain, version) = ("f".repeat(32), newest().version);
            let all =
                json!({ "chain": chain, "format": 1, "questions": questions, "values": values, "version": version });
            all.to_string().into_bytes()
        });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => value.prop_map(|value| value.to_string().into_bytes()),
        2 => near.clone(),
        2 => (near, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn by_rounds_is_as_in_place(script in scripts(), says in prop::collection::vec(any::<bool>(), 0..40)) {
        let expected = in_place(&script);
        let mut each_once = expected.1.clone();
        each_once.dedup();
        prop_assert_eq!(&each_once, &expected.1, "no effect happens twice");
        prop_assert_eq!(&by_rounds(&script, &mut Client { says: says.clone().into_iter() }), &expected);
        prop_assert_eq!(&restarted(&script, &mut Client { says: says.into_iter() }), &expected);
    }

    #[test]
    fn no_state_makes_it_panic(state in hostile(), now in any::<u64>()) {
        let answers = [("a", json!({ "action": "accept" })), ("roots", json!({ "roots": [] }))];
        let answers = responses(answers.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect());
        let resumed = Replay::resumed(&state, &answers, newest(), Millis(now), &Limits::default());
        let Ok(mut replay) = resumed else { return Ok(()) };
        for key in ["a", "a", "roots"] {
            let ask = Ask::ListRoots(RequestParams::default());
            let _ = replay.ask(key, &ask, Millis(now), Some(Duration::MAX));
            if let Ok(Once::Do(name)) = replay.once(key) {
                replay.done(&name, RawValue::NULL.to_owned());
            }
        }
        replay.withdraw("a");
        replay.answer("a", Outcome::TimedOut);
        // What was read once can be written and read again, and says the same.
        let closed = replay.close().unwrap();
        let again = Replay::resumed(&closed.state, &InputResponses::new(), newest(), Millis(0), &Limits::default());
        prop_assert_eq!(again.unwrap().close().unwrap().state, closed.state);
    }
}
