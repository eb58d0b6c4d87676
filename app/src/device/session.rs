//! Who works on this browser, remembered across restarts, so that a cold start without a network opens straight into their
//! work. Whether the server still knows the session is another matter, found out when it is next reached.

use domain::people::Person;

use super::storage;

const PERSON: &str = "fieldloop-person";
const USER: &str = "fieldloop-user";

/// Who signed in last and has not signed out.
pub fn person() -> Option<Person> {
    storage::value(PERSON)
}

/// Remembers who has signed in. The server's word on their name, role and department replaces it with each contact.
pub fn remember(person: &Person) {
    if self::person().is_none_or(|known| known.id != person.id) {
        storage::remove(USER);
    }
    storage::set_value(PERSON, person);
}

/// The name that they signed in with.
pub fn user() -> Option<String> {
    storage::text(USER)
}

/// Remembers the name that somebody has signed in with.
pub fn remember_user(name: &str) {
    storage::set_text(USER, name);
}

/// Forgets who was signed in. Their local database stays.
pub fn forget() {
    storage::remove(PERSON);
    storage::remove(USER);
}
