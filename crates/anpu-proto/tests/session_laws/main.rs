//! Laws of the session engine: what holds after any inputs in any order.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod world;

use anpu_proto::model::LoggingLevel;
use anpu_proto::session::Limits;
use proptest::prelude::*;
use world::World;

pub(crate) const LEVELS: [LoggingLevel; 4] =
    [LoggingLevel::Debug, LoggingLevel::Info, LoggingLevel::Error, LoggingLevel::Emergency];
pub(crate) const URIS: [&str; 3] = ["a:0", "a:1", "a:2"];

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Initialize,
    Tool,
    Level(usize),
    Watch(usize),
    Unwatch(usize),
}

/// None is the session.
pub(crate) type Way = Option<i64>;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Request(i64, What),
    Finish(i64, bool),
    Drop(i64),
    Cancel(i64),
    Progress(Way, f64),
    Log(Way, usize),
    Updated(Way, usize),
    Changed(Way),
    Ask(Way, Option<u64>),
    Unask(usize),
    Answer(usize, bool),
    Tick(u64),
    Initialized,
    Roots,
    Restore,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = || 0_i64..6;
    let way = || prop::option::weighted(0.7, 0_i64..6);
    let what = prop_oneof![
        1 => Just(What::Initialize),
        6 => Just(What::Tool),
        1 => (0..LEVELS.len()).prop_map(What::Level),
        3 => (0..URIS.len()).prop_map(What::Watch),
        1 => (0..URIS.len()).prop_map(What::Unwatch),
    ];
    let amount = prop_oneof![8 => (-3_i32..9).prop_map(f64::from), 1 => Just(f64::NAN), 1 => Just(0.5)];
    let step = prop_oneof![
        24 => (id(), what).prop_map(|(id, what)| Step::Request(id, what)),
        12 => (id(), prop::bool::weighted(0.8)).prop_map(|(id, good)| Step::Finish(id, good)),
        4 => id().prop_map(Step::Drop),
        6 => id().prop_map(Step::Cancel),
        6 => (way(), amount).prop_map(|(way, amount)| Step::Progress(way, amount)),
        4 => (way(), 0..LEVELS.len()).prop_map(|(way, level)| Step::Log(way, level)),
        4 => (way(), 0..URIS.len()).prop_map(|(way, uri)| Step::Updated(way, uri)),
        2 => way().prop_map(Step::Changed),
        8 => (way(), prop::option::of(0_u64..60)).prop_map(|(way, after)| Step::Ask(way, after)),
        2 => (0_usize..12).prop_map(Step::Unask),
        6 => (0_usize..12, any::<bool>()).prop_map(|(question, good)| Step::Answer(question, good)),
        3 => (0_u64..40).prop_map(Step::Tick),
        2 => Just(Step::Initialized),
        1 => Just(Step::Roots),
        1 => Just(Step::Restore),
        1 => Just(Step::Close),
    ];
    prop::collection::vec(step, 0..120)
}

fn limits() -> impl Strategy<Value = Limits> {
    (1_usize..4, 0_usize..3, 0_usize..4, 0_usize..3).prop_map(|(running, queued, questions, watches)| {
        let mut limits = Limits::default();
        (limits.running, limits.queued, limits.questions, limits.watches) = (running, queued, questions, watches);
        limits
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_happens_in_whatever_order_the_laws_hold(
        limits in limits(), ready in prop::bool::weighted(0.8), steps in steps(),
    ) {
        let mut world = World::new(limits);
        if ready {
            for step in [Step::Request(0, What::Initialize), Step::Finish(0, true), Step::Initialized] {
                world.step(&step);
            }
        }
        for step in &steps {
            world.step(step);
        }
        world.settle();
    }
}
