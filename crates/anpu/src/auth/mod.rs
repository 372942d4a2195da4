//! Who is asking; knows no transport.

mod extensions;
mod principal;

pub use extensions::FromExtensions;
pub use principal::Principal;
