//! Where a server keeps what, for whoever looks into its store.

/// The key of the value in which all [`Session<T>`](crate::Session) values of a session are kept. `id` is the id of its
/// record, as [lists](super::Sessions::list) give it; clients know the session by another, sealed one.
pub fn session_values(id: &str) -> String {
    format!("session:{id}")
}

/// The key of what is kept for a handle, which stands for a session where there are none.
pub(crate) fn handle_values(handle: &str) -> String {
    format!("handle:{handle}")
}

/// The key of what is kept for a principal; both are digests.
pub(crate) fn user_values(realm: &str, principal: &str) -> String {
    format!("user:{realm}:{principal}")
}
