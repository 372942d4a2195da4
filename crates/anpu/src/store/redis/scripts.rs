//! The scripts that the server runs: each is one change or one look, whole, in one round trip. Their text is in `scripts/`.
//!
//! A script that writes is refused as a whole when the server is out of memory, unless it only frees some (`allow-oom`).

use std::sync::LazyLock;

use redis::Script;

macro_rules! scripts {
    ($($name:ident = $first:literal $(, $file:literal)+;)+) => {$(
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(
                $first,
                "\n",
                include_str!("scripts/shared.lua"),
                $(include_str!(concat!("scripts/", $file, ".lua"))),+
            ))
        });
    )+};
}

scripts! {
    PAGE = "#!lua flags=no-writes", "page";
    SESSION_LOAD = "#!lua flags=no-writes", "session_load";
    SESSION_SAVE = "#!lua", "session_save";
    SESSION_TOUCH = "#!lua flags=allow-oom", "session_touch";
    SESSION_END = "#!lua flags=allow-oom", "session_end";
    SESSION_COUNT = "#!lua flags=no-writes", "session_count";
    VALUE_SWAP = "#!lua", "value_swap";
    VALUE_DELETE = "#!lua flags=allow-oom", "value_delete";
    VALUE_TOUCH = "#!lua flags=allow-oom", "value_touch";
    TASK_PUT = "#!lua", "task_put";
    TASK_SWAP = "#!lua", "task_swap";
    TASK_DELETE = "#!lua flags=allow-oom", "task_delete";
    EVENT_APPEND = "#!lua", "event_drop", "event_append";
    EVENT_REPLAY = "#!lua flags=no-writes", "event_replay";
    EVENT_TRIM = "#!lua flags=allow-oom", "event_drop", "event_trim";
    PUBLISH = "#!lua", "publish";
}
