//! State that outlives a request: values of one type, kept for a session or for a principal. Knows no store and no
//! server, only cells that somebody keeps.

mod cell;
mod document;
mod keeps;
mod kept;
mod slot;

use std::fmt;

pub(crate) use cell::{Cell, Deleted, LocalCell, Place};
pub(crate) use document::Document;
pub(crate) use keeps::Keeps;
pub use kept::{Durable, Kept};
use slot::Slot;

use super::{Cx, FromCx, Needs};
use crate::error::{Error, Result, refused};

/// State of a session: a value of type `T` that is there again with the next request of the same session, also after
/// the session was let go, after a restart and on another node, as far as the server has a
/// [store](crate::Server::store).
///
/// `T` derives `Serialize`, `Deserialize` and `Default`; a session that never kept one has the default. It is read from
/// the store each time, so that two requests, here or on two nodes, never work on copies of their own. Several types
/// have places of their own; [`Kept`] says under which key, in which version, and how older ones are read.
///
/// On stdio it lives as long as the connection. In versions of the protocol without sessions, it belongs to a *handle*:
/// 24 random characters that the first write makes, that the result tells the model (and `_meta`, as
/// `io.github.anpu-rs/session`), and that it passes back as the argument `session`, which the server adds to the schema
/// of tools that take this. Resources and prompts have no such argument: there it is an error.
///
/// Some hosts open a session for each call (ChatGPT, Claude.ai): what is to outlast a call there is [`User<T>`].
///
/// ```
/// use anpu::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Cart { items: Vec<String> }
///
/// /// Put something into the cart.
/// #[tool]
/// async fn add(item: String, cart: Session<Cart>) -> Result<usize> {
///     cart.update(|cart| {
///         if cart.items.len() == 100 { return Err(refused("the cart is full")) }
///         cart.items.push(item.clone());
///         Ok(cart.items.len())
///     }).await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let cart = Session::test(Cart::default()); // in a unit test
/// assert_eq!(add("tea".into(), cart.clone()).await?, 1);
/// assert_eq!(cart.read().await?.items, ["tea"]);
/// # Ok::<(), anpu::Error>(())
/// # })?;
/// # Ok::<(), anpu::Error>(())
/// ```
///
/// # Errors
///
/// Of all methods: of kind [`Store`](crate::ErrorKind::Store) if the store fails (the client gets 503 and may try
/// again), and a clear one if what is kept cannot be read; then it stays as it is.
pub struct Session<T>(Slot<T>);

/// State of a principal: as [`Session<T>`](Session), but the same in all sessions, on all nodes and in every version of
/// the protocol, for whoever asks.
///
/// A server whose handlers take one is refused when it is built unless it says how it knows who asks
/// ([`Server::auth`](crate::Server::auth)). A request of nobody, or of a [shared](crate::Principal::shared) principal,
/// gets an error. It is kept [for ever](crate::Server::user_retention) unless the server says otherwise.
///
/// ```
/// use anpu::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Prefs { metric: bool }
///
/// /// Choose the units.
/// #[tool]
/// async fn units(metric: bool, prefs: User<Prefs>) -> Result {
///     prefs.update(|prefs| { prefs.metric = metric; Ok(()) }).await
/// }
///
/// let server = Server::new("weather", "1.0.0").with(components![units]);
/// assert!(server.build().is_err(), "nobody says who asks");
///
/// let server = Server::new("weather", "1.0.0").with(components![units]).auth(anpu::FromExtensions);
/// # server.build()?;
/// # Ok::<(), anpu::Error>(())
/// ```
pub struct User<T>(Slot<T>);

/// Writes what both kinds of state can do.
macro_rules! state {
    ($name:ident, $whose:literal) => {
        impl<T: Durable> $name<T> {
            #[doc = concat!("A value that belongs to no ", $whose, ", for unit tests: its clones share it.")]
            ///
            /// # Panics
            ///
            /// If the value cannot be written as JSON.
            pub fn test(value: T) -> Self {
                Self(Slot::test(&value))
            }

            /// The value as it is now; the default if none was kept.
            ///
            /// # Errors
            ///
            /// As those of the type.
            pub async fn read(&self) -> Result<T> {
                self.0.read().await
            }

            /// Changes the value. If somebody else changed it meanwhile, the closure runs again on theirs, so that no
            /// update is lost; if it returns an error, nothing is kept. When this returns, the change is in the store.
            ///
            /// # Errors
            ///
            /// That of the closure; of kind [`Refused`](crate::ErrorKind::Refused) if all that is kept together would
            /// be larger than [the limit](crate::Limits::state) (256 KiB); of kind
            /// [`Overloaded`](crate::ErrorKind::Overloaded) if others changed it 64 times meanwhile; those of the type.
            pub async fn update<R: Send>(&self, change: impl FnMut(&mut T) -> Result<R> + Send) -> Result<R> {
                self.0.update(change).await
            }

            /// Keeps this value, whatever was there before.
            ///
            /// # Errors
            ///
            /// As those of [`update`](Self::update).
            pub async fn replace(&self, value: T) -> Result {
                self.0.replace(self.0.write(&value)?).await
            }

            /// Forgets the value: from now on it is the default.
            ///
            /// # Errors
            ///
            /// As those of [`update`](Self::update).
            pub async fn clear(&self) -> Result {
                self.0.clear().await
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0).finish()
            }
        }
    };
}

state!(Session, "session");
state!(User, "principal");

impl<T: Durable> FromCx for Session<T> {
    async fn from_cx(cx: &Cx) -> Result<Self, Error> {
        let kept = cx.facts().states.keeps.of::<T>()?;
        Ok(Self(Slot::new(cx.port().cell(Place::Session)?, kept)))
    }

    fn needs(needs: &mut Needs) {
        needs.session::<T>();
    }
}

impl<T: Durable> FromCx for User<T> {
    async fn from_cx(cx: &Cx) -> Result<Self, Error> {
        let kept = cx.facts().states.keeps.of::<T>()?;
        match cx.principal() {
            None => Err(refused("this belongs to whoever asks, and nobody is signed in: sign in and try again")),
            Some(shared) if shared.is_shared() => Err(refused(
                "this belongs to one person, and many are signed in as one: sign in with an account of your own",
            )),
            Some(_) => Ok(Self(Slot::new(cx.port().cell(Place::User)?, kept))),
        }
    }

    fn needs(needs: &mut Needs) {
        needs.user::<T>();
    }
}
