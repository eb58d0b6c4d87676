//! What every [`LocalStore`] must do: one suite that each implementation runs.
//!
//! The checks panic with what went wrong. `open` opens the same store again, as a restarted app would.
#![expect(clippy::unwrap_used, reason = "this is a test suite, compiled for the tests of other crates too")]
