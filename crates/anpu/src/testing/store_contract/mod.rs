//! What every store must do, as cases that run against any of them: the contracts of [`anpu::store`](crate::store), proven.
//!
//! [`store_contract!`](crate::store_contract) makes a test of each case. They are told how to open the store: each call of
//! that function must give another handle of the same store, which takes values of up to 1 MiB. Cases use names of their
//! own, so the store may be in use, and they may run at the same time.
//!
//! Nothing waits blindly: a case that needs time to pass looks again and again until what it waits for is so, and fails
//! after 20 s.

mod bus;
mod case;
mod events;
mod logs;
mod names;
mod sessions;
mod tasks;
mod tombstones;
mod values;

use case::Case;

use crate::error::Result;
use crate::store::Store;

/// The names of the cases, and the way from a name to its case.
macro_rules! cases {
    ($($room:ident: $($name:ident)*;)*) => {
        /// The names of all cases, by contract.
        pub const CASES: &[&str] = &[$($(stringify!($name)),*),*];

        async fn one<S: Store>(name: &str, case: &Case<S>) -> Result {
            match name {
                $($(stringify!($name) => $room::$name(case).await,)*)*
                _ => panic!("the contract has no case `{name}`"),
            }
        }
    };
}

cases! {
    sessions:
        a_saved_record_is_loaded
        a_record_is_written_over_only_as_expected
        a_record_expires
        a_touch_prolongs_a_record
        a_revision_of_a_session_never_returns
        racing_saves_apply_once_each
        sessions_are_listed_by_expiry
        sessions_are_listed_and_counted_by_owner;
    tombstones:
        an_ended_session_stays_ended
        a_tombstone_expires
        a_session_ends_without_a_tombstone;
    values:
        a_value_is_written_only_as_expected
        a_value_is_deleted_only_as_expected
        a_value_expires
        a_value_without_a_time_to_live_stays
        a_revision_of_a_value_never_returns
        racing_swaps_apply_once_each
        an_abandoned_write_is_whole;
    tasks:
        a_task_is_put_once_and_swapped
        a_task_is_deleted_and_expires
        tasks_are_listed_as_they_were_put;
    events:
        events_come_back_in_order
        a_replay_goes_on_where_it_ended
        racing_appends_are_all_there
        an_event_is_told_by_its_stream;
    logs:
        a_log_holds_so_many_events
        a_log_holds_so_many_bytes
        one_stream_does_not_lose_for_another
        a_trimmed_stream_is_gone_up_to_there
        a_forgotten_log_is_gone
        a_log_expires
        a_crowd_of_streams_is_never_falsely_complete;
    bus:
        a_message_reaches_all_who_listen
        nothing_is_missed_after_subscribing
        a_slow_subscriber_is_told
        a_dropped_subscription_hears_nothing;
    names:
        names_and_values_are_any_text_and_bytes
        names_that_are_empty_or_too_long_are_refused
        values_that_are_too_large_are_refused
        contracts_do_not_share_names
        a_strange_cursor_is_refused
        no_place_is_no_record;
}

/// Runs one case against the store that this opens.
///
/// # Panics
///
/// When the store does not do what the case asks of it, or there is no such case.
pub async fn check<S: Store>(case: &str, open: impl AsyncFn() -> Result<S>) {
    let run = async || -> Result { one(case, &Case::new(open().await?, open().await?)).await };
    if let Err(error) = run().await {
        panic!("{case}: {error:#}");
    }
}

/// Runs all cases, one after another, and says how many they were.
///
/// # Panics
///
/// When the store does not do what a case asks of it.
pub async fn run<S: Store>(open: impl AsyncFn() -> Result<S>) -> usize {
    for case in CASES {
        check(case, &open).await;
    }
    CASES.len()
}

/// Makes a module with a `#[tokio::test]` for each case of the contract of stores.
///
/// The second argument is an `async fn() -> anpu::Result<impl Store>`, each call of which gives another handle of the same
/// store. The crate that uses the macro needs tokio with `macros` and `rt-multi-thread`, and this one with `testing`.
///
/// ```no_run
/// use std::sync::LazyLock;
///
/// use anpu::store::Memory;
///
/// static STORE: LazyLock<Memory> = LazyLock::new(Memory::new);
///
/// async fn open() -> anpu::Result<Memory> {
///     Ok(STORE.clone())
/// }
///
/// anpu::store_contract!(memory, super::open);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_contract {
    ($backend:ident, $open:expr) => {
        $crate::store_contract! {
            @cases $backend, $open,
            a_saved_record_is_loaded
            a_record_is_written_over_only_as_expected
            a_record_expires
            a_touch_prolongs_a_record
            a_revision_of_a_session_never_returns
            racing_saves_apply_once_each
            sessions_are_listed_by_expiry
            sessions_are_listed_and_counted_by_owner
            an_ended_session_stays_ended
            a_tombstone_expires
            a_session_ends_without_a_tombstone
            a_value_is_written_only_as_expected
            a_value_is_deleted_only_as_expected
            a_value_expires
            a_value_without_a_time_to_live_stays
            a_revision_of_a_value_never_returns
            racing_swaps_apply_once_each
            an_abandoned_write_is_whole
            a_task_is_put_once_and_swapped
            a_task_is_deleted_and_expires
            tasks_are_listed_as_they_were_put
            events_come_back_in_order
            a_replay_goes_on_where_it_ended
            racing_appends_are_all_there
            an_event_is_told_by_its_stream
            a_log_holds_so_many_events
            a_log_holds_so_many_bytes
            one_stream_does_not_lose_for_another
            a_trimmed_stream_is_gone_up_to_there
            a_forgotten_log_is_gone
            a_log_expires
            a_crowd_of_streams_is_never_falsely_complete
            a_message_reaches_all_who_listen
            nothing_is_missed_after_subscribing
            a_slow_subscriber_is_told
            a_dropped_subscription_hears_nothing
            names_and_values_are_any_text_and_bytes
            names_that_are_empty_or_too_long_are_refused
            values_that_are_too_large_are_refused
            contracts_do_not_share_names
            a_strange_cursor_is_refused
            no_place_is_no_record
        }
    };
    (@cases $backend:ident, $open:expr, $($name:ident)*) => {
        mod $backend {
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    $crate::testing::store_contract::check(stringify!($name), $open).await;
                }
            )*

            #[test]
            fn every_case_has_its_test() {
                assert_eq!([$(stringify!($name)),*], $crate::testing::store_contract::CASES);
            }
        }
    };
}
