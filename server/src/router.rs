//! Everything the server can do, as one list.
//!
//! A route says who may use it; the check runs on the route that was matched, so no spelling of an address gets around it.
//! What is not in the list does not exist: below `/api/` it is a 404 in JSON, anywhere else it is the app's page.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use crate::auth::session::{require_admin, require_session, require_steering};
use crate::auth::{first_admin, password_link, sign_in};
use crate::files::{self, tus};
use crate::http::stack::RoutePattern;
use crate::http::{Answer, csrf, stack};
use crate::people::{departments, routes as people};
use crate::policies::{drafts, routes as policies, zones};
use crate::ringing::notices;
use crate::state::AppState;
use crate::sync::{events, parked, pull, push, standing};
use crate::{assets, health, rescue, tablets};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody who can reach the server.
    Public,
    /// Whoever is signed in; what they get to see is for the handler to say.
    SignedIn,
    /// Whoever is signed in and directs other people's work.
    Steering,
    /// Whoever is signed in as an admin.
    Admin,
}

/// Largest body of a request that doesn't say otherwise.
const BODY_BYTES: usize = 64 * 1024;
/// How long a client may pause while it sends a body. A thin line is no reason to give up, a dead one is.
const BODY_PAUSE: Duration = Duration::from_secs(30);
/// How long an answer may take to begin, the sending of the body included.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The same where somebody brings the largest file there is by a line of 1 Mbit/s.
const RESCUE_TIMEOUT: Duration = Duration::from_secs(12 * 60 * 60);

/// One thing the server can do.
pub(crate) struct Route {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the list is also read by tests that go through all of it")
    )]
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    handler: MethodRouter<AppState>,
    body_bytes: usize,
    timeout: Duration,
    speaks_tus: bool,
}

/// Everything there is.
pub(crate) fn routes() -> Vec<Route> {
    use Access::{Admin, Public, SignedIn, Steering};
    vec![
        Route::new(Method::GET, "/healthz", Public, health::show_health),
        // Signing in and out
        Route::new(Method::POST, "/api/session", Public, sign_in::sign_in),
        Route::new(Method::GET, "/api/session", Public, sign_in::show_session),
        Route::new(Method::DELETE, "/api/session", SignedIn, sign_in::sign_out),
        Route::new(Method::POST, "/api/first-admin", Public, first_admin::create_first_admin),
        Route::new(Method::POST, "/api/password", Public, password_link::choose_password),
        // Tickets
        Route::new(Method::POST, "/api/sync/push", SignedIn, push::push_changes),
        Route::new(Method::POST, "/api/sync/pull", SignedIn, pull::pull_changes),
        Route::new(Method::GET, "/api/sync/events", SignedIn, events::watch_changes),
        Route::new(Method::POST, "/api/sync/standing", SignedIn, standing::report_standing),
        Route::new(Method::GET, "/api/tablets", Steering, tablets::list_tablets),
        Route::new(Method::POST, "/api/tablets/looked-into", Steering, tablets::look_into_tablet),
        Route::new(Method::GET, "/api/parked", Steering, parked::list_parked),
        Route::new(Method::POST, "/api/parked/admit", Steering, parked::admit_parked),
        Route::new(Method::POST, "/api/parked/decline", Steering, parked::decline_parked),
        // People and departments
        Route::new(Method::GET, "/api/people", Admin, people::list_people),
        Route::new(Method::POST, "/api/people", Admin, people::create_person),
        Route::new(Method::PATCH, "/api/people/{id}", Admin, people::change_person),
        Route::new(Method::POST, "/api/people/{id}/password-link", Admin, people::create_password_link),
        Route::new(Method::POST, "/api/departments", Admin, departments::create_department),
        Route::new(Method::PATCH, "/api/departments/{id}", Admin, departments::change_department),
        // What was promised
        Route::new(Method::GET, "/api/policies", Steering, policies::list_policies),
        Route::new(Method::POST, "/api/policies", Admin, policies::publish_policy)
            .body_limit(policies::BODY_BYTES),
        Route::new(Method::DELETE, "/api/policies/{version}", Admin, policies::withdraw_policy),
        Route::new(Method::GET, "/api/policy-drafts", Admin, drafts::list_drafts),
        Route::new(Method::GET, "/api/policy-drafts/{id}", Admin, drafts::show_draft),
        Route::new(Method::PUT, "/api/policy-drafts/{id}", Admin, drafts::keep_draft)
            .body_limit(policies::BODY_BYTES),
        Route::new(Method::DELETE, "/api/policy-drafts/{id}", Admin, drafts::drop_draft),
        Route::new(Method::GET, "/api/zones", Steering, zones::list_zones),
        Route::new(Method::GET, "/api/zones/{*name}", Steering, zones::show_zone),
        // Files
        Route::new(Method::OPTIONS, "/api/files", SignedIn, tus::show_options).speaks_tus(),
        Route::new(Method::POST, "/api/files", SignedIn, tus::begin_upload).speaks_tus(),
        Route::new(Method::HEAD, "/api/files/uploads/{id}", SignedIn, tus::show_upload).speaks_tus(),
        Route::new(Method::PATCH, "/api/files/uploads/{id}", SignedIn, tus::receive_piece).speaks_tus(),
        Route::new(Method::DELETE, "/api/files/uploads/{id}", SignedIn, tus::drop_upload).speaks_tus(),
        Route::new(Method::GET, "/api/files/{sha256}", SignedIn, files::send_file),
        // What a device has lost its app over
        Route::new(Method::GET, "/api/rescue/key", Public, rescue::show_key),
        Route::new(Method::POST, "/api/rescue", SignedIn, rescue::bring_file).lasts(RESCUE_TIMEOUT),
        // What somebody is told
        Route::new(Method::GET, "/api/notices", SignedIn, notices::list_notices),
        Route::new(Method::POST, "/api/notices/read", SignedIn, notices::mark_read),
    ]
}

impl Route {
    pub(crate) fn new<T: 'static>(
        method: Method,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, AppState>,
    ) -> Self {
        let filter = MethodFilter::try_from(method.clone()).expect("the list names ordinary methods");
        let handler = on(filter, handler);
        let (body_bytes, timeout) = (BODY_BYTES, TIMEOUT);
        Self { method, path, access, handler, body_bytes, timeout, speaks_tus: false }
    }

    /// May take longer than others to answer.
    fn lasts(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Takes larger bodies than others. Pushes, files and rescue files count for themselves what they take in.
    fn body_limit(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// Names the version of tus with every answer.
    fn speaks_tus(mut self) -> Self {
        self.speaks_tus = true;
        self
    }

    /// The handler behind the checks that the route asks for.
    fn guarded(self, state: &AppState) -> MethodRouter<AppState> {
        let handler = self.handler.route_layer(DefaultBodyLimit::max(self.body_bytes));
        let guarded = match self.access {
            Access::Public => handler,
            Access::SignedIn => handler.route_layer(from_fn_with_state(state.clone(), require_session)),
            Access::Steering => handler.route_layer(from_fn_with_state(state.clone(), require_steering)),
            Access::Admin => handler.route_layer(from_fn_with_state(state.clone(), require_admin)),
        };
        // It ends with the headers of the answer: an event stream begins at once and then lasts.
        let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, self.timeout);
        let guarded = guarded.route_layer(timeout);
        let guarded = if self.speaks_tus { guarded.route_layer(map_response(tus::mark)) } else { guarded };
        let pattern = RoutePattern(self.path);
        guarded.route_layer(map_response(move |mut response: Response| async move {
            response.extensions_mut().insert(pattern);
            response
        }))
    }
}

/// The whole server as a service.
pub(crate) fn app(state: AppState) -> Router {
    serve(routes(), state)
}

/// The server with these routes; tests add some that misbehave.
pub(crate) fn serve(routes: Vec<Route>, state: AppState) -> Router {
    let mut known = Router::new();
    for route in routes {
        known = known.route(route.path, route.guarded(&state));
    }
    let known = known
        .route("/api", axum::routing::any(no_such_route))
        .route("/api/", axum::routing::any(no_such_route))
        .route("/api/{*rest}", axum::routing::any(no_such_route))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(csrf::require_own_page))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(stack::compression())
        .layer(from_fn(stack::uncached));
    stack::around(known.merge(assets::router()), &state).with_state(state)
}

async fn no_such_route() -> Answer {
    Answer::new(StatusCode::NOT_FOUND, "no_such_route")
}

async fn wrong_method() -> Answer {
    Answer::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method")
}

#[cfg(test)]
mod reach;
#[cfg(test)]
mod tests;
