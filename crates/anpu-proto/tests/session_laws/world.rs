//! The world beside the engine: its own, plainer account of what was admitted, asked and set.
//!
//! It checks every effect against that account as it comes out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anpu_proto::dialect::{self, Dialect, Era};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::{ErrorObject, Id};
use anpu_proto::model::*;
use anpu_proto::session::{Change, Effect, Limits, Moment, Phase, Route, Server, Snapshot, Unanswered};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{LEVELS, Step, URIS, Way, What};

/// One admitted request, as the world sees it.
struct Admitted {
    what: What,
    ran: bool,
    stopped: bool,
    answered: bool,
    progress: f64,
}

pub(crate) struct World {
    server: Server,
    limits: Limits,
    now: u64,
    admitted: BTreeMap<i64, Admitted>,
    waiting: VecDeque<i64>,
    level: LoggingLevel,
    watches: BTreeSet<&'static str>,
    /// Open questions: their way and deadline.
    open: BTreeMap<usize, (Way, Option<u64>)>,
    asked: usize,
    /// What the engine sent in the last step, as route and text.
    sent: Vec<(Way, String)>,
    ended: Vec<usize>,
    heard: usize,
    closed: bool,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            server: Server::new(sessions(), limits),
            limits,
            now: 0,
            admitted: BTreeMap::new(),
            waiting: VecDeque::new(),
            level: LoggingLevel::Info,
            watches: BTreeSet::new(),
            open: BTreeMap::new(),
            asked: 0,
            sent: Vec::new(),
            ended: Vec::new(),
            heard: 0,
            closed: false,
        }
    }

    pub(crate) fn step(&mut self, step: &Step) {
        (self.sent, self.ended, self.heard) = (Vec::new(), Vec::new(), 0);
        match *step {
            Step::Request(id, what) => self.request(id, what),
            Step::Finish(id, good) => self.finish(id, good),
            Step::Drop(id) => self.over(id, |server| server.dropped(&Id::from(id))),
            Step::Cancel(id) => {
                self.server.notice(Notice::Cancelled(CancelledNotificationParams::new(id)));
                let stops = self.living(id) && !matches!(self.admitted[&id].what, What::Initialize);
                self.drain();
                assert!(!stops || self.admitted[&id].stopped, "a cancelled request is stopped");
                let asks = self.open.values().any(|(way, _)| *way == Some(id));
                assert!(!stops || !asks, "its questions end with it");
            }
            Step::Progress(..) | Step::Log(..) | Step::Updated(..) | Step::Changed(_) => self.say(step),
            Step::Ask(way, after) => self.ask(way, after),
            Step::Unask(question) => {
                let way = self.open.remove(&question).map(|(way, _)| way);
                self.server.unasked(&name(question));
                self.drain();
                assert_eq!(self.told_cancelled(), way.map(|way| (way, question)).into_iter().collect::<Vec<_>>());
            }
            Step::Answer(question, good) => self.answer(question, good),
            Step::Tick(after) => self.tick(after),
            Step::Initialized => {
                let phase = self.server.phase();
                self.server.notice(Notice::Initialized(Meta::absent()));
                self.drain();
                assert_eq!(self.heard, usize::from(phase == Phase::Open));
            }
            Step::Roots => {
                self.server.notice(Notice::RootsListChanged(Meta::absent()));
                self.drain();
                assert_eq!(self.heard, usize::from(!self.closed));
            }
            Step::Restore => self.restore(),
            Step::Close => self.close(),
        }
        self.check();
    }

    fn request(&mut self, id: i64, what: What) {
        let phase = self.server.phase();
        let free = self.admitted.values().filter(|request| request.ran).count() < self.limits.running;
        let taken = self.admitted.contains_key(&id);
        let introduced = matches!(phase, Phase::Open | Phase::Ready);
        match self.server.request(Id::from(id), &call(what)) {
            Ok(()) => {
                assert!(!taken, "an id in use was admitted");
                assert!(if matches!(what, What::Initialize) { phase == Phase::New } else { introduced });
                let request =
                    Admitted { what, ran: false, stopped: false, answered: false, progress: f64::NEG_INFINITY };
                self.admitted.insert(id, request);
                self.waiting.push_back(id);
                self.drain();
                assert!(!free || self.admitted[&id].ran, "there was a place, so it runs at once");
            }
            Err(fault) => {
                assert!(self.server.poll().is_none(), "what is refused has no effect");
                let welcome = introduced && free && !taken && matches!(what, What::Tool);
                assert!(!welcome, "a request was refused for no reason: {fault}");
                assert!(!matches!(fault, Fault::Overloaded(_)) || introduced);
            }
        }
    }

    fn finish(&mut self, id: i64, good: bool) {
        let due = self.living(id);
        if due && good {
            match self.admitted[&id].what {
                What::Level(level) => self.level = LEVELS[level],
                What::Watch(uri) => _ = self.watches.insert(URIS[uri]),
                What::Unwatch(uri) => _ = self.watches.remove(URIS[uri]),
                What::Initialize | What::Tool => {}
            }
        }
        self.over(id, |server| {
            server.finished(&Id::from(id), good, b"answer".to_vec());
        });
        let answers = self.sent.iter().filter(|(way, text)| *way == Some(id) && text == "answer").count();
        assert_eq!(answers, usize::from(due), "answered once if it was due, else never");
    }

    /// Whoever ran a request lets go of it.
    fn over(&mut self, id: i64, end: impl FnOnce(&mut Server)) {
        let mine: Vec<_> = self.open.iter().filter(|(_, (way, _))| *way == Some(id)).map(|(q, _)| *q).collect();
        let place = self.admitted.get(&id).is_some_and(|request| request.ran);
        if !place {
            self.waiting.retain(|other| *other != id);
        }
        if let Some(request) = self.admitted.get_mut(&id) {
            // Its place is free before the next one takes it.
            request.ran = false;
        }
        let next = self.waiting.front().copied().filter(|_| place);
        end(&mut self.server);
        self.drain();
        self.admitted.remove(&id);
        let mut ended = self.ended.clone();
        ended.sort_unstable();
        assert_eq!(ended, mine, "the questions of a request end with it");
        assert!(next.is_none_or(|next| self.admitted[&next].ran), "the next one takes the place");
    }

    fn say(&mut self, step: &Step) {
        let (way, notice, wanted) = match *step {
            Step::Progress(way, amount) => {
                let last = way.and_then(|id| self.admitted.get(&id)).map(|request| request.progress);
                let notice = Notice::Progress(ProgressNotificationParams::new(1.into(), amount));
                (way, notice, last.is_some_and(|last| amount > last))
            }
            Step::Log(way, level) => {
                let level = LEVELS[level];
                (way, Notice::Message(LoggingMessageNotificationParams::new(level, "text")), level >= self.level)
            }
            Step::Updated(way, uri) => {
                let notice = Notice::ResourceUpdated(ResourceUpdatedNotificationParams::new(URIS[uri]));
                (way, notice, self.watches.contains(URIS[uri]))
            }
            Step::Changed(way) => (way, Notice::ToolListChanged(Meta::absent()), true),
            _ => unreachable!("nothing else is said"),
        };
        let wanted = wanted && self.may_hear(way);
        self.server.said(route(way), &notice, b"said".to_vec());
        self.drain();
        let expected: Vec<_> = wanted.then(|| (way, "said".to_owned())).into_iter().collect();
        assert_eq!(self.sent, expected, "{step:?}");
        if let (true, Step::Progress(Some(id), amount)) = (wanted, step) {
            let request = self.admitted.get_mut(id).expect("it lives");
            assert!(*amount > request.progress, "progress grows");
            request.progress = *amount;
        }
    }

    fn ask(&mut self, way: Way, after: Option<u64>) {
        let question = self.asked;
        self.asked += 1;
        let deadline = after.map(|after| self.now + after);
        let introduced = matches!(self.server.phase(), Phase::Open | Phase::Ready);
        let room = self.open.len() < self.limits.questions;
        let sent = introduced && self.may_hear(way) && room;
        self.open.insert(question, (way, deadline));
        self.server.asked(&name(question), route(way), name(question).into_bytes(), deadline.map(Moment));
        self.drain();
        let expected: Vec<_> = sent.then(|| (way, name(question))).into_iter().collect();
        assert_eq!((&self.sent, self.ended.len()), (&expected, usize::from(!sent)), "it is sent or ends at once");
    }

    fn answer(&mut self, question: usize, good: bool) {
        let open = self.open.contains_key(&question);
        let result = RawValue::from_string("{}".to_owned()).unwrap();
        let error: ErrorObject = serde_json::from_value(json!({ "code": 1, "message": "no" })).unwrap();
        let outcome = if good { Ok(&*result) } else { Err(error) };
        self.server.answered(Some(&Id::from(name(question))), outcome);
        self.drain();
        assert_eq!(self.ended, open.then_some(question).into_iter().collect::<Vec<_>>());
        assert!(self.sent.is_empty(), "an answer is not answered");
    }

    fn tick(&mut self, after: u64) {
        self.now += after;
        let due = |(_, (_, deadline)): &(&usize, &(Way, Option<u64>))| deadline.is_some_and(|at| at <= self.now);
        let mut due: Vec<_> = self.open.iter().filter(due).map(|(question, (way, _))| (*way, *question)).collect();
        self.server.tick(Moment(self.now));
        self.drain();
        let mut told = self.told_cancelled();
        due.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, due, "the client is told of each question that timed out, and of no other");
        assert_eq!(self.ended.len(), due.len());
    }

    fn restore(&mut self) {
        let snapshot = self.server.snapshot();
        *self = Self {
            server: Server::restored(&snapshot, self.limits).unwrap(),
            now: self.now,
            level: self.level,
            watches: std::mem::take(&mut self.watches),
            asked: self.asked,
            closed: self.closed,
            ..Self::new(self.limits)
        };
    }

    fn close(&mut self) {
        let ended: Vec<_> = self.open.keys().copied().collect();
        let before: Vec<_> = self.admitted.keys().copied().filter(|id| self.living(*id)).collect();
        self.closed = true;
        self.server.close();
        self.drain();
        assert!(before.iter().all(|id| self.admitted[id].stopped), "all that lived is stopped");
        self.ended.sort_unstable();
        assert_eq!((&self.ended, self.open.len()), (&ended, 0), "whoever asked is told");
        self.admitted.clear();
        self.waiting.clear();
    }

    /// Takes every effect out and holds it against what the world knows.
    fn drain(&mut self) {
        while let Some(effect) = self.server.poll() {
            let dead = matches!(effect, Effect::Answered(..) | Effect::Stop(_) | Effect::Close);
            assert!(!self.closed || dead, "after the end: {effect:?}");
            match effect {
                Effect::Run(id) => {
                    let id = number(&id);
                    assert_eq!(self.waiting.pop_front(), Some(id), "first come, first served");
                    let request = self.admitted.get_mut(&id).expect("only what was admitted runs");
                    assert!(!std::mem::replace(&mut request.ran, true) && !request.stopped, "it runs once");
                    let running = self.admitted.values().filter(|request| request.ran).count();
                    assert!(running <= self.limits.running, "{running} run");
                }
                Effect::Stop(id) => {
                    let id = number(&id);
                    let request = self.admitted.get_mut(&id).expect("only what was admitted is stopped");
                    assert!(!std::mem::replace(&mut request.stopped, true), "it is stopped once");
                    self.waiting.retain(|other| *other != id);
                }
                Effect::Answer(id, text) => self.sent(&Route::Request(id), &text),
                Effect::Send(route, text) => self.sent(&route, &text),
                Effect::Answered(id, outcome) => {
                    let question: usize = id[1..].parse().unwrap();
                    let (_, deadline) = self.open.remove(&question).expect("a question ends once");
                    let due = deadline.is_some_and(|at| at <= self.now);
                    assert!(due || !matches!(outcome, Err(Unanswered::TimedOut)), "not before its time");
                    self.ended.push(question);
                }
                Effect::Heard(_) => self.heard += 1,
                Effect::Remember(change) => assert!(!matches!(change, Change::Opened) || self.heard == 0),
                Effect::Close => assert!(self.closed),
                other => panic!("{other:?}"),
            }
        }
    }

    fn sent(&mut self, route: &Route, text: &[u8]) {
        let way = match route {
            Route::Request(id) => Some(number(id)),
            Route::Session => None,
        };
        if let Some(id) = way {
            let request = self.admitted.get_mut(&id).expect("nothing is sent for a request that is over");
            assert!(!request.stopped && !request.answered, "nothing is sent for it after its end");
            request.answered = text == b"answer";
        }
        self.sent.push((way, String::from_utf8(text.to_vec()).unwrap()));
    }

    /// What the client was told to forget, and on which way.
    fn told_cancelled(&self) -> Vec<(Way, usize)> {
        let told = self.sent.iter().filter_map(|(way, text)| {
            let text: Value = text.parse().ok()?;
            assert_eq!(text["method"], "notifications/cancelled");
            Some((*way, text["params"]["requestId"].as_str()?[1..].parse().ok()?))
        });
        told.collect()
    }

    fn living(&self, id: i64) -> bool {
        self.admitted.get(&id).is_some_and(|request| !request.stopped)
    }

    fn may_hear(&self, way: Way) -> bool {
        match way {
            Some(id) => self.living(id),
            None => matches!(self.server.phase(), Phase::Open | Phase::Ready),
        }
    }

    /// What holds between any two inputs.
    fn check(&self) {
        let server = &self.server;
        assert_eq!(server.running(), self.admitted.len());
        assert_eq!(server.is_idle(), self.admitted.is_empty() && self.open.is_empty());
        assert_eq!(server.deadline(), self.open.values().filter_map(|(_, deadline)| deadline.map(Moment)).min());
        assert!(self.watches.len() <= self.limits.watches, "it watches {}", self.watches.len());
        assert!(self.waiting.len() <= self.limits.queued && self.open.len() <= self.limits.questions);
        let snapshot = server.snapshot();
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
        let restored = Server::restored(&snapshot, self.limits).unwrap();
        assert_eq!(restored.snapshot(), snapshot);
        let phase = server.phase();
        assert_eq!(restored.phase(), if phase == Phase::Opening { Phase::New } else { phase });
        assert_eq!((restored.dialect(), restored.peer()), (server.dialect(), server.peer()));
        for side in [server, &restored] {
            assert!(LEVELS.iter().all(|level| side.hears(*level) == (*level >= self.level)));
            assert!(URIS.iter().all(|uri| side.watches(uri) == self.watches.contains(uri)));
        }
    }

    /// Everything that was admitted comes to its end.
    pub(crate) fn settle(&mut self) {
        for _ in 0..self.admitted.len() {
            let running = self.admitted.iter().find(|(_, request)| request.ran || request.stopped);
            let (id, _) = running.expect("something runs as long as something waits");
            self.step(&Step::Finish(*id, true));
        }
        assert!(self.admitted.is_empty() && self.waiting.is_empty());
        self.step(&Step::Close);
        assert!(self.open.is_empty());
    }
}

fn call(what: What) -> Call {
    let (method, params) = match what {
        What::Initialize => {
            let who = json!({ "name": "client", "version": "1" });
            ("initialize", json!({ "protocolVersion": "", "capabilities": {}, "clientInfo": who }))
        }
        What::Tool => ("tools/call", json!({ "name": "add" })),
        What::Level(level) => ("logging/setLevel", json!({ "level": LEVELS[level] })),
        What::Watch(uri) => ("resources/subscribe", json!({ "uri": URIS[uri] })),
        What::Unwatch(uri) => ("resources/unsubscribe", json!({ "uri": URIS[uri] })),
    };
    let params = serde_json::value::to_raw_value(&params).unwrap();
    sessions().read_call(method, Some(&params), &|_| false).unwrap()
}

fn sessions() -> &'static Dialect {
    dialect::ALL.iter().find(|dialect| dialect.era == Era::Session).expect("there are sessions")
}

fn route(way: Way) -> Route {
    way.map_or(Route::Session, |id| Route::Request(Id::from(id)))
}

fn number(id: &Id) -> i64 {
    match id {
        Id::Number(number) => *number,
        Id::Text(text) => panic!("no request has the id {text}"),
    }
}

fn name(question: usize) -> String {
    format!("q{question}")
}
