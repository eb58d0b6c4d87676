//! Who is calling, and how they prove it.
//!
//! A password is exchanged for a session; the browser holds the session's token in a cookie that no script can read, the
//! store holds its hash. [`SignedIn`] is the proof that handlers ask for. Deliberately absent: tokens in URLs (except in
//! the fragment of links that work once, which no server or proxy gets to see) and tokens that outlive their session.

pub(crate) mod cookie;
pub(crate) mod first_admin;
pub(crate) mod limits;
pub(crate) mod password;
pub(crate) mod password_link;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod token;

pub(crate) use session::{SessionId, SignedIn};
