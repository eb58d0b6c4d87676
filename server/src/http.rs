//! What all routes have in common: headers, errors, limits, and where a request comes from.

pub(crate) mod client;
pub(crate) mod csrf;
pub(crate) mod error;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod pace;
pub(crate) mod stack;

pub(crate) use error::{Answer, Surprise};
pub(crate) use json::{Asked, JsonBody};
