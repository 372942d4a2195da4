//! Random handlers: small programs of questions, effects, joins and early returns, and a tool that runs them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anpu::prelude::*;
use anpu::{Component, Tool};
use proptest::prelude::*;

/// Keys that could be taken for the second use of each other, if names could collide.
const KEYS: [&str; 3] = ["a", "a#2", "b#"];

/// What a handler does, one after the other; the branches of a join at the same time.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    AskText(usize),
    AskSure(usize),
    Sample(usize),
    Once {
        key: usize,
        slow: bool,
    },
    /// An effect that fails, always.
    OnceFails(usize),
    Pause,
    Join(Vec<Vec<Step>>),
    /// Return, if the last question was not answered with a yes.
    ReturnUnlessYes,
    Fail,
}

pub(crate) type Program = Vec<Step>;

/// Programs, with pauses or without: what a round asks depends on how long a handler pauses outside of its effects.
pub(crate) fn programs(pauses: bool) -> impl Strategy<Value = Program> {
    let key = || 0..KEYS.len();
    let leaf = prop_oneof![
        4 => key().prop_map(Step::AskText),
        3 => key().prop_map(Step::AskSure),
        2 => key().prop_map(Step::Sample),
        6 => (key(), any::<bool>()).prop_map(|(key, slow)| Step::Once { key, slow }),
        1 => key().prop_map(Step::OnceFails),
        2 => Just(if pauses { Step::Pause } else { Step::OnceFails(0) }),
        2 => Just(Step::ReturnUnlessYes),
        1 => Just(Step::Fail),
    ];
    let step = leaf.prop_recursive(2, 16, 3, |step| {
        prop::collection::vec(prop::collection::vec(step, 0..4), 1..3).prop_map(Step::Join)
    });
    prop::collection::vec(step, 0..8)
}

/// What happened outside of the server: how often each effect was done.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<BTreeMap<String, usize>>>);

impl World {
    pub(crate) fn effects(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap().clone()
    }

    fn happen(&self, effect: &str) {
        *self.0.lock().unwrap().entry(effect.to_owned()).or_default() += 1;
    }
}

/// A tool that runs the program and tells all it heard.
pub(crate) fn tool(program: &Program, world: &World) -> Component {
    let (program, world) = (Arc::new(program.clone()), world.clone());
    Tool::new("program").handler(move |cx: Cx| {
        let (program, world) = (Arc::clone(&program), world.clone());
        async move {
            let mut heard = Branch { cx, world, place: "top".to_owned(), heard: Vec::new(), yes: false, count: 0 };
            heard.run(&program).await?;
            Ok::<_, Error>(heard.heard.join("; "))
        }
    })
}

/// One branch of a run.
struct Branch {
    cx: Cx,
    world: World,
    /// Branches that run at the same time need keys of their own.
    place: String,
    heard: Vec<String>,
    yes: bool,
    count: usize,
}

impl Branch {
    fn run<'a>(&'a mut self, steps: &'a [Step]) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            for step in steps {
                self.count += 1;
                match step {
                    Step::ReturnUnlessYes if self.yes => {}
                    Step::ReturnUnlessYes => return Ok(()),
                    Step::Fail => return Err(refused(format!("{} fails after {:?}", self.place, self.heard))),
                    Step::Pause => tokio::time::sleep(Duration::from_millis(20)).await,
                    Step::Join(branches) => self.join(branches).await?,
                    Step::Once { key, slow } => self.once(KEYS[*key], *slow).await?,
                    Step::OnceFails(key) => {
                        let effect = async { Err::<u8, _>(refused("no luck")) };
                        let failed = self.cx.once(self.key(KEYS[*key]), effect).await;
                        self.heard.push(failed.unwrap_err().to_string());
                    }
                    asking => self.ask(asking).await,
                }
            }
            Ok(())
        })
    }

    async fn ask(&mut self, step: &Step) {
        let question = |key: usize, kind: &str| {
            // What was heard so far is part of the question: a run that heard something else asks something else.
            (self.key(KEYS[key]), format!("{kind} {} of {}, after {:?}?", self.count, self.place, self.heard.last()))
        };
        let heard = match step {
            Step::AskText(key) => {
                let (key, text) = question(*key, "which");
                self.cx.ask(key, Text::new(text).max_length(5)).await.map(|outcome| format!("{outcome:?}"))
            }
            Step::AskSure(key) => {
                let (key, text) = question(*key, "sure");
                self.cx.ask(key, Confirm::new(text)).await.map(|outcome| format!("{outcome:?}"))
            }
            Step::Sample(key) => {
                let (key, text) = question(*key, "sample");
                self.cx.sample(key, Sample::new(text).max_tokens(10)).await.map(|answer| answer.text())
            }
            other => unreachable!("{other:?} asks nothing"),
        };
        let heard = heard.unwrap_or_else(|error| format!("{:?}", error.kind()));
        self.yes = heard.starts_with("Accepted");
        self.heard.push(heard);
    }

    async fn once(&mut self, key: &str, slow: bool) -> Result<()> {
        let (key, world) = (self.key(key), self.world.clone());
        let effect = format!("{key} at {}", self.count);
        let done = self.cx.once(key, async move {
            // Counted when it begins: one that is torn apart and begun anew counts twice.
            world.happen(&effect);
            if slow {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok::<_, Error>(format!("did {effect}"))
        });
        self.heard.push(done.await?);
        Ok(())
    }

    async fn join(&mut self, branches: &[Vec<Step>]) -> Result<()> {
        let mut inner: Vec<_> = (0..branches.len())
            .map(|at| Self {
                cx: self.cx.clone(),
                world: self.world.clone(),
                place: format!("{}/{}.{at}", self.place, self.count),
                heard: self.heard.clone(),
                yes: self.yes,
                count: 0,
            })
            .collect();
        let mut branches: Vec<_> =
            inner.iter_mut().zip(branches).map(|(branch, steps)| (Some(branch.run(steps)), Ok(()))).collect();
        std::future::poll_fn(|cx| {
            for (running, outcome) in &mut branches {
                if let Some(future) = running
                    && let std::task::Poll::Ready(ended) = future.as_mut().poll(cx)
                {
                    (*running, *outcome) = (None, ended);
                }
            }
            if branches.iter().all(|(running, _)| running.is_none()) {
                return std::task::Poll::Ready(());
            }
            std::task::Poll::Pending
        })
        .await;
        let outcomes: Vec<_> = branches.into_iter().map(|(_, outcome)| outcome).collect();
        self.heard.extend(inner.into_iter().map(|branch| branch.heard.join(" & ")));
        outcomes.into_iter().collect()
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.place)
    }
}
