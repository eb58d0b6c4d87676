//! What was promised, as an administrator publishes it: versions, drafts, holidays from a file, zones to choose from.

pub(crate) mod drafts;
mod error;
pub(crate) mod holidays;
mod publish;
pub(crate) mod routes;
pub(crate) mod zones;

pub(crate) use publish::{PublishRefusal, Wanted, prepare};
