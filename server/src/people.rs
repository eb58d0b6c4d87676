//! People and departments, as an admin sees and changes them.
//!
//! Only online and only by admins: devices get the result as the directory. Rules stand in [`edit`], free of HTTP and SQL;
//! the store runs them inside the transaction that writes what they allow.

pub(crate) mod departments;
mod directory;
pub(crate) mod edit;
mod input;
pub(crate) mod routes;

pub(crate) use directory::DirectoryCache;
pub(crate) use input::{
    Contact, ContactEdit, EmailAddress, Invalid, Label, Language, UserName, new_department_id, new_person_id,
};
