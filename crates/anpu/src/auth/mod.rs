//! Who is asking; knows no transport.

mod principal;

pub use principal::Principal;
