//! Every chore as one command.

fn main() {}
