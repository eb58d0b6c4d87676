//! The Fieldloop server.

mod store;

fn main() {}
