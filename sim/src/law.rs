//! What must hold in every world.

use std::fmt;

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// What was kept once is on the server, or on its device, for ever.
    NothingIsLost,
    /// Every device holds what the record adds up to within its person's scope: no more, no less, byte for byte.
    AllHoldTheSame,
    /// The record holds what was done, once, word for word, and nothing else.
    ExactlyOnce,
    /// What a device did stands in its order; what it has seen is not unseen.
    Order,
    /// Nothing of a ticket goes to somebody who may not see it.
    NothingGoesOutside,
    /// The chain of hashes is whole.
    ChainIsWhole,
    /// Once the world is well, everything is delivered soon.
    EverythingArrives,
    /// Nothing panics, and the server answers what it promises to.
    NothingBreaks,
}

/// A law that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: Law,
    /// How.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.law, self.how)
    }
}

impl std::error::Error for Broken {}

/// Says how a law was broken.
pub(crate) fn broken(law: Law, how: impl Into<String>) -> anyhow::Error {
    Broken { law, how: how.into() }.into()
}

/// Demands that something holds.
macro_rules! demand {
    ($holds:expr, $law:expr, $($how:tt)+) => {
        if !$holds {
            return Err($crate::law::broken($law, format!($($how)+)));
        }
    };
}
pub(crate) use demand;
