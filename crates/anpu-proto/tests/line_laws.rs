//! Laws of the line table, against a plain model and in random order.

use std::collections::BTreeMap;

use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::Id;
use anpu_proto::line::{Owner, Table};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Begin(Id, Owner),
    End(Id),
    Gone,
}

fn ids() -> impl Strategy<Value = Id> {
    prop_oneof![(0_i64..6).prop_map(Id::from), (0_i64..6).prop_map(|n| Id::from(n.to_string()))]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let owners = prop::sample::select(vec![Owner::Session, Owner::Exchange, Owner::Listen]);
    let step = prop_oneof![
        20 => (ids(), owners).prop_map(|(id, owner)| Step::Begin(id, owner)),
        12 => ids().prop_map(Step::End),
        1 => Just(Step::Gone),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #[test]
    fn an_id_has_one_owner_until_it_ends(most in 0_usize..8, steps in steps()) {
        let mut table = Table::new(most);
        let mut model: BTreeMap<Id, Owner> = BTreeMap::new();
        let mut gone = false;
        for step in steps {
            match step {
                Step::Begin(id, owner) => match table.begin(id.clone(), owner) {
                    Ok(()) => {
                        prop_assert!(!gone && model.len() < most);
                        prop_assert_eq!(model.insert(id, owner), None, "the id was taken");
                    }
                    Err(Fault::Cancelled) => prop_assert!(gone),
                    Err(Fault::InvalidRequest(text)) => {
                        prop_assert!(!gone && model.contains_key(&id));
                        prop_assert!(text.contains(&id.to_string()), "{text}");
                    }
                    Err(Fault::Overloaded(_)) => {
                        prop_assert!(!gone && model.len() == most && !model.contains_key(&id));
                    }
                    Err(other) => prop_assert!(false, "{other}"),
                },
                Step::End(id) => prop_assert_eq!(table.end(&id), model.remove(&id).is_some()),
                Step::Gone => {
                    gone = true;
                    let left: Vec<_> = std::mem::take(&mut model).into_iter().collect();
                    prop_assert_eq!(table.gone(), left, "all that ran, once, in the order of their ids");
                }
            }
            prop_assert_eq!((table.len(), table.is_empty()), (model.len(), model.is_empty()));
            for n in 0..6 {
                for id in [Id::from(n), Id::from(n.to_string())] {
                    prop_assert_eq!(table.owner(&id), model.get(&id).copied());
                }
            }
        }
    }
}
