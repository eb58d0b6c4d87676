//! Photos and files of a ticket, for the engineer and the office alike: taking them, seeing them, and where each one is.
//!
//! What is shown comes from this device if the bytes are here, otherwise from the server; and if that can't be reached either, its
//! place stays and says so.

mod adding;
mod panel;
mod tile;

pub use self::panel::PhotosPanel;
pub use self::tile::Tile;
