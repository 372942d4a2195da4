//! What the tests and programs of this package share: one service of several nodes, as real processes.

pub mod service;
