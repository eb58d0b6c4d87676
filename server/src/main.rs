//! The Fieldloop server.

fn main() {}
