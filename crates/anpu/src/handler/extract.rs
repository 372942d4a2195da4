//! What a handler can take besides arguments.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Cx;
use super::durable::{Durable, Keeps, Place};
use crate::error::{Error, ErrorKind};

/// Something a handler takes from its request instead of from the arguments.
///
/// Implement it for types of your own and mark the parameter with `#[from_cx]`:
///
/// ```
/// use anpu::prelude::*;
///
/// struct Tenant(String);
///
/// impl FromCx for Tenant {
///     async fn from_cx(cx: &Cx) -> Result<Self> {
///         let name = cx.headers().get("x-tenant").and_then(|v| v.to_str().ok());
///         name.map(|n| Self(n.to_owned())).ok_or_else(|| refused("send the header x-tenant"))
///     }
/// }
///
/// /// Who am I?
/// #[tool]
/// async fn whoami(#[from_cx] tenant: Tenant) -> String { tenant.0 }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something anpu can take from a request",
    label = "not anpu's `State`, `Session`, `User`, `Args`, `Extension` or `Cx`",
    note = "if it has the name of one of these, it comes from another crate: write `anpu::State<T>` (or import `anpu::prelude::*`)",
    note = "for a type of your own implement `anpu::FromCx` and mark the parameter with `#[from_cx]`"
)]
pub trait FromCx: Sized + Send {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// Becomes the error of the call, as if the handler had returned it.
    fn from_cx(cx: &Cx) -> impl Future<Output = Result<Self, Error>> + Send;

    /// Says what the server must have for this to work; asked when the server is built.
    fn needs(needs: &mut Needs) {
        let _ = needs;
    }
}

impl FromCx for Cx {
    async fn from_cx(cx: &Cx) -> Result<Self, Error> {
        Ok(cx.clone())
    }
}

/// What handlers need from the server they are put into.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub(crate) states: Vec<(TypeId, &'static str)>,
    pub(crate) durable: Vec<NeedsDurable>,
}

/// State that a handler keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NeedsDurable {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    /// Whether it can be told from what other types keep.
    pub(crate) check: fn(&Keeps) -> Result<(), Error>,
}

impl Needs {
    /// A [`State`] of this type.
    pub fn state<T: Send + Sync + 'static>(&mut self) {
        self.states.push((TypeId::of::<T>(), type_name::<T>()));
    }

    /// A [`Session`](crate::Session) of this type. A tool that does not say so has no argument `session` in versions of the
    /// protocol without sessions.
    pub fn session<T: Durable>(&mut self) {
        self.durable::<T>(Place::Session);
    }

    /// A [`User`](crate::User) of this type.
    pub fn user<T: Durable>(&mut self) {
        self.durable::<T>(Place::User);
    }

    fn durable<T: Durable>(&mut self, place: Place) {
        let check = |keeps: &Keeps| keeps.of::<T>().map(drop);
        self.durable.push(NeedsDurable { place, name: type_name::<T>(), check });
    }

    /// Whether it keeps state of the session.
    pub(crate) fn keeps_session(&self) -> bool {
        self.durable.iter().any(|durable| durable.place == Place::Session)
    }

    /// Adds those of another.
    pub(crate) fn extend(&mut self, others: &Self) {
        self.states.extend_from_slice(&others.states);
        self.durable.extend_from_slice(&others.durable);
    }
}

/// Something all handlers share, given to the server with `.state(..)`.
///
/// A server whose handlers need a state that was not given is refused when it is built.
///
/// ```
/// use anpu::State;
///
/// let greeting = State::from(String::from("hello")); // in a unit test
/// assert_eq!(greeting.len(), 5);
/// ```
pub struct State<T: ?Sized>(Arc<T>);

impl<T: ?Sized> State<T> {
    /// The shared value itself.
    pub fn into_arc(self) -> Arc<T> {
        self.0
    }
}

impl<T> From<T> for State<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&&*self.0).finish()
    }
}

impl<T: Send + Sync + 'static> FromCx for State<T> {
    async fn from_cx(cx: &Cx) -> Result<Self, Error> {
        cx.facts().states.get::<T>().map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("no state of type `{}`: add .state(..)", type_name::<T>()))
        })
    }

    fn needs(needs: &mut Needs) {
        needs.state::<T>();
    }
}

/// The states of a server, by type, and how the state that it keeps is kept.
#[derive(Clone, Default)]
pub(crate) struct States {
    by_type: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    pub(crate) keeps: Keeps,
    /// Whether the server knows who asks.
    pub(crate) knows_users: bool,
}

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.by_type.insert(TypeId::of::<T>(), value);
    }

    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.by_type.get(&TypeId::of::<T>())?).downcast().ok()
    }

    pub(crate) fn has(&self, id: TypeId) -> bool {
        self.by_type.contains_key(&id)
    }

    /// Whether the server can keep what a handler wants kept.
    ///
    /// # Errors
    ///
    /// Two types have one key, or it belongs to whoever asks and nobody knows who that is.
    pub(crate) fn check(&self, needs: &Needs) -> Result<(), Error> {
        for NeedsDurable { place, name, check } in &needs.durable {
            if *place == Place::User && !self.knows_users {
                let text = format!("takes `User<{name}>`, but the server does not know who asks: add .auth(..)");
                return Err(Error::config(text));
            }
            check(&self.keeps)?;
        }
        Ok(())
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "States({})", self.by_type.len())
    }
}

/// The whole argument object of a tool as one value: `T` derives [`Args`](derive@crate::Args).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Args<T>(pub T);

impl<T> Deref for Args<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A value that a layer in front left in the extensions of the HTTP request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<T> Deref for Extension<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone + Send + Sync + 'static> FromCx for Extension<T> {
    async fn from_cx(cx: &Cx) -> Result<Self, Error> {
        cx.extensions().get::<T>().cloned().map(Self).ok_or_else(|| {
            let name = type_name::<T>();
            Error::new(ErrorKind::Config, format!("no `{name}` in the request's extensions: a layer must put it there"))
        })
    }
}
