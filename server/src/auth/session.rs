//! Sessions: from the cookie to the person, and their end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::people::{Person, Role};
use domain::{PersonId, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use super::cookie;
use super::token::TokenHash;
use crate::http::{Answer, Surprise};
use crate::state::AppState;
use crate::store::{Store, StoreError};

/// How long a session lives without being used: a tablet may spend weeks where there is no network.
pub(crate) const IDLE_LIFE_MS: i64 = 30 * Timestamp::DAY_MS;
/// How long a session lives at most.
pub(crate) const ABSOLUTE_LIFE_MS: i64 = 180 * Timestamp::DAY_MS;
/// How exactly it is kept when a session was last used.
const SEEN_PRECISION_MS: i64 = Timestamp::HOUR_MS;

/// Names a session without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(Uuid);

impl SessionId {
    /// A new one.
    pub(crate) fn random() -> Self {
        Self(uuid::Builder::from_random_bytes(rand::random()).into_uuid())
    }

    /// Takes back what was stored.
    pub(crate) const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The form to store.
    pub(crate) const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredSession {
    /// Its name.
    pub(crate) id: SessionId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// When its owner signed in.
    pub(crate) created_at: Timestamp,
    /// When it was last used, to within an hour.
    pub(crate) seen_at: Timestamp,
}

impl StoredSession {
    fn is_live(&self, now: Timestamp) -> bool {
        now.millis_since(self.seen_at) < IDLE_LIFE_MS && now.millis_since(self.created_at) < ABSOLUTE_LIFE_MS
    }
}

/// Who is signed in. Cheap to clone; all clones hear of every end.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    store: Store,
    /// Changes whenever a session has been ended.
    endings: Arc<watch::Sender<u64>>,
    remembered: Arc<Mutex<Remembered>>,
}

/// Sessions that were found in the store since one was last ended, so that not every request has to look there.
#[derive(Debug, Default)]
struct Remembered {
    /// How often everything was forgotten. What was read from the store before that is not remembered after it.
    forgotten: u64,
    sessions: HashMap<TokenHash, StoredSession>,
}

impl Sessions {
    /// The sessions in this store.
    pub(crate) fn new(store: Store) -> Self {
        Self { store, endings: Arc::new(watch::Sender::new(0)), remembered: Arc::default() }
    }

    /// The session that a token opens, if it is still alive.
    async fn open(&self, token: &TokenHash, now: Timestamp) -> Result<Option<StoredSession>, StoreError> {
        let (forgotten, remembered) = {
            let remembered = self.remembered();
            (remembered.forgotten, remembered.sessions.get(token).cloned())
        };
        let is_new = remembered.is_none();
        let found = match remembered {
            Some(session) => Some(session),
            None => self.store.session(token).await?,
        };
        let Some(mut session) = found.filter(|session| session.is_live(now)) else {
            return Ok(None);
        };
        let is_seen_again = now.millis_since(session.seen_at) >= SEEN_PRECISION_MS;
        if is_seen_again {
            match self.store.mark_session_seen(token, now).await {
                Ok(()) => {}
                // A disk that is full lets nobody write, but whoever is signed in may still read.
                Err(error) if error.is_of_the_disk() => {
                    tracing::warn!(%error, "the use of a session is not noted");
                }
                Err(error) => return Err(error),
            }
            session.seen_at = now;
        }
        if is_new || is_seen_again {
            let mut remembered = self.remembered();
            if remembered.forgotten == forgotten {
                remembered.sessions.insert(token.clone(), session.clone());
            }
        }
        Ok(Some(session))
    }

    /// Lets nobody in any more whose session is gone, and tells whoever waits in [`Self::ended`] to look again. To be
    /// called after sessions have been ended in the store, and not more often: all who wait ask the store then.
    pub(crate) fn announce_endings(&self) {
        {
            let mut remembered = self.remembered();
            remembered.forgotten += 1;
            remembered.sessions.clear();
        }
        self.endings.send_modify(|count| *count += 1);
    }

    /// Waits until the session has been ended: signed out, or revoked by a new password or by an admin.
    ///
    /// For answers that last longer than a request. It doesn't notice that a session grows old.
    pub(crate) async fn ended(&self, session: SessionId) -> Result<(), StoreError> {
        let mut endings = self.endings.subscribe();
        while self.store.session_exists(session).await? {
            // The sender lives as long as `self`.
            let _ = endings.changed().await;
        }
        Ok(())
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proof that the request is made by a person who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// The person, as the directory knows them now.
    pub(crate) person: Person,
    /// The session that it is done in.
    pub(crate) session: SessionId,
}

impl SignedIn {
    /// Finds out who makes a request, if they are signed in.
    pub(super) async fn find(headers: &HeaderMap, state: &AppState) -> Result<Option<Self>, Surprise> {
        let Some(token) = cookie::find(headers, &state.config.transport) else {
            return Ok(None);
        };
        let Some(session) = state.sessions.open(&TokenHash::of(token), state.clock.now()).await? else {
            return Ok(None);
        };
        let directory = state.directory.current();
        let person = directory.person(session.person).filter(|person| person.active);
        Ok(person.map(|person| Self { person: person.clone(), session: session.id }))
    }
}

/// Nobody is signed in, or not any more.
pub(crate) const NOT_SIGNED_IN: Answer = Answer::new(StatusCode::UNAUTHORIZED, "not_signed_in");
/// Somebody is signed in, but may not do this.
const ROLE_MAY_NOT: Answer = Answer::new(StatusCode::FORBIDDEN, "role_may_not");

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Answer> {
        if let Some(signed_in) = parts.extensions.get::<Self>() {
            return Ok(signed_in.clone());
        }
        Self::find(&parts.headers, state).await?.ok_or(NOT_SIGNED_IN)
    }
}

/// Lets through who is signed in.
pub(crate) async fn require_session(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    match SignedIn::find(request.headers(), &state).await {
        Ok(Some(signed_in)) => {
            request.extensions_mut().insert(signed_in);
            next.run(request).await
        }
        Ok(None) => NOT_SIGNED_IN.into_response(),
        Err(surprise) => surprise.into_response(),
    }
}

/// Lets through who is signed in and directs other people's work.
pub(crate) async fn require_steering(state: State<AppState>, request: Request, next: Next) -> Response {
    require_role(state, request, next, Role::steers).await
}

/// Lets through who is signed in and an admin.
pub(crate) async fn require_admin(state: State<AppState>, request: Request, next: Next) -> Response {
    require_role(state, request, next, |role| role == Role::Admin).await
}

async fn require_role(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
    allows: impl FnOnce(Role) -> bool + Send,
) -> Response {
    match SignedIn::find(request.headers(), &state).await {
        Ok(Some(signed_in)) if allows(signed_in.person.role) => {
            request.extensions_mut().insert(signed_in);
            next.run(request).await
        }
        Ok(Some(_)) => ROLE_MAY_NOT.into_response(),
        Ok(None) => NOT_SIGNED_IN.into_response(),
        Err(surprise) => surprise.into_response(),
    }
}
