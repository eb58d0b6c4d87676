//! Everything that reads what a peer, a file or an earlier version wrote, as functions of bytes.
//!
//! Each [`Decoder`] must come to an answer whatever the bytes are: it doesn't panic, doesn't run away, and what it has understood it
//! can write down and read again as the same. `cargo test` feeds each of them with honest bytes spoilt a few thousand times;
//! `cargo xtask fuzz` hands them to libFuzzer, which watches which way the bytes take through the code and looks for new ones.
//! Bytes that once brought something down lie in `fuzz/found/` and are tried again with every test run.

mod decoders;
pub mod spoil;

pub use decoders::ALL;

/// One reader of foreign bytes.
pub struct Decoder {
    /// What it is called on the command line, and the beginning of its files' names in `fuzz/found/`.
    pub name: &'static str,
    /// Reads the bytes and does with what they say whatever anybody does with it. Says whether they made sense.
    ///
    /// # Panics
    /// Where it is wrong.
    pub read: fn(&[u8]) -> bool,
    /// Bytes that make sense, to begin with.
    pub honest: fn() -> Vec<Vec<u8>>,
}

/// The decoder of this name.
pub fn named(name: &str) -> Option<&'static Decoder> {
    ALL.iter().find(|decoder| decoder.name == name)
}
