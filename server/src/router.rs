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

use crate::auth::session::{require_admin, require_session};
use crate::auth::{first_admin, password_link, sign_in};
use crate::http::stack::RoutePattern;
use crate::http::{Answer, csrf, stack};
use crate::people::{departments, routes as people};
use crate::state::AppState;
use crate::sync::{events, pull, push};
use crate::{assets, health};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody who can reach the server.
    Public,
    /// Whoever is signed in; what they get to see is for the handler to say.
    SignedIn,
    /// Whoever is signed in as an admin.
    Admin,
}

/// Largest body of a request that doesn't say otherwise.
const BODY_BYTES: usize = 64 * 1024;
/// How long a client may pause while it sends a body. A thin line is no reason to give up, a dead one is.
const BODY_PAUSE: Duration = Duration::from_secs(30);
/// How long an answer may take to begin, the sending of the body included.
const TIMEOUT: Duration = Duration::from_secs(300);

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
}

/// Everything there is.
pub(crate) fn routes() -> Vec<Route> {
    use Access::{Admin, Public, SignedIn};
    vec![
        Route::new(Method::GET, "/healthz", Public, health::show_health),
        // Signing in and out
        Route::new(Method::POST, "/api/session", Public, sign_in::sign_in),
        Route::new(Method::GET, "/api/session", SignedIn, sign_in::show_session),
        Route::new(Method::DELETE, "/api/session", SignedIn, sign_in::sign_out),
        Route::new(Method::POST, "/api/first-admin", Public, first_admin::create_first_admin),
        Route::new(Method::POST, "/api/password", Public, password_link::choose_password),
        // Tickets
        Route::new(Method::POST, "/api/sync/push", SignedIn, push::push_changes).body_limit(push::BODY_BYTES),
        Route::new(Method::POST, "/api/sync/pull", SignedIn, pull::pull_changes),
        Route::new(Method::GET, "/api/sync/events", SignedIn, events::watch_changes),
        // People and departments
        Route::new(Method::GET, "/api/people", Admin, people::list_people),
        Route::new(Method::POST, "/api/people", Admin, people::create_person),
        Route::new(Method::PATCH, "/api/people/{id}", Admin, people::change_person),
        Route::new(Method::POST, "/api/people/{id}/password-link", Admin, people::create_password_link),
        Route::new(Method::POST, "/api/departments", Admin, departments::create_department),
        Route::new(Method::PATCH, "/api/departments/{id}", Admin, departments::change_department),
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
        Self { method, path, access, handler: on(filter, handler), body_bytes: BODY_BYTES }
    }

    /// Takes larger bodies than others.
    fn body_limit(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// The handler behind the checks that the route asks for.
    fn guarded(self, state: &AppState) -> MethodRouter<AppState> {
        let handler = self.handler.route_layer(DefaultBodyLimit::max(self.body_bytes));
        let guarded = match self.access {
            Access::Public => handler,
            Access::SignedIn => handler.route_layer(from_fn_with_state(state.clone(), require_session)),
            Access::Admin => handler.route_layer(from_fn_with_state(state.clone(), require_admin)),
        };
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
    // The timeout ends with the headers of the answer: an event stream begins at once and then lasts.
    let known = known
        .route("/api", axum::routing::any(no_such_route))
        .route("/api/", axum::routing::any(no_such_route))
        .route("/api/{*rest}", axum::routing::any(no_such_route))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(csrf::require_own_page))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
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
mod tests {
    use domain::people::Role;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::config::Transport;
    use crate::http::headers;
    use crate::testing::{Reply, TestServer};

    /// The public part of the API, spelled out once more: opening a door takes two edits.
    const PUBLIC: [(Method, &str); 4] = [
        (Method::GET, "/healthz"),
        (Method::POST, "/api/session"),
        (Method::POST, "/api/first-admin"),
        (Method::POST, "/api/password"),
    ];

    fn address(route: &Route) -> String {
        route.path.replace("{id}", "018fa2c4-0000-7000-8000-000000000000")
    }

    #[tokio::test]
    async fn without_a_session_only_public_routes_answer() {
        let server = TestServer::with_company().await;
        for route in routes() {
            let is_public = PUBLIC.contains(&(route.method.clone(), route.path));
            let request = server.browser().request(route.method.clone(), &address(&route));
            let reply = Reply::read(request.send().await.unwrap()).await;
            if is_public {
                assert_ne!(reply.status, 401, "{} {}", route.method, route.path);
            } else {
                assert_eq!(
                    reply.refusal(),
                    (401, "not_signed_in".to_owned()),
                    "{} {}",
                    route.method,
                    route.path
                );
            }
        }
    }

    #[tokio::test]
    async fn admin_routes_are_closed_to_every_other_role() {
        let server = TestServer::with_company().await;
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            server.add_person(role.name(), role, "service").await;
            let browser = server.sign_in(role.name()).await;
            for route in routes().iter().filter(|route| route.access == Access::Admin) {
                let request = browser.request(route.method.clone(), &address(route));
                let reply = Reply::read(request.send().await.unwrap()).await;
                assert_eq!(reply.refusal(), (403, "role_may_not".to_owned()), "{role:?} {}", route.path);
            }
        }
    }

    #[tokio::test]
    async fn a_request_that_another_site_may_have_made_changes_nothing() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        for route in routes().iter().filter(|route| route.method != Method::GET) {
            let request = admin.foreign_request(route.method.clone(), &address(route));
            let reply = Reply::read(request.json(&json!({})).send().await.unwrap()).await;
            assert_eq!(
                reply.refusal(),
                (403, "foreign_request".to_owned()),
                "{} {}",
                route.method,
                route.path
            );
        }
        for site in ["cross-site", "same-site", "none"] {
            let request = admin.request(Method::DELETE, "/api/session").header("sec-fetch-site", site);
            assert_eq!(request.send().await.unwrap().status(), 403, "{site}");
        }
        let request = admin.request(Method::DELETE, "/api/session").header("sec-fetch-site", "same-origin");
        assert_eq!(request.send().await.unwrap().status(), 204);
    }

    #[tokio::test]
    async fn no_other_site_is_ever_allowed_to_ask() {
        let server = TestServer::with_company().await;
        let request = server.browser().foreign_request(Method::OPTIONS, "/api/session");
        let request =
            request.header("origin", "https://evil.example").header("access-control-request-method", "POST");
        let reply = Reply::read(request.send().await.unwrap()).await;
        assert_eq!(reply.status, 403);
        assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{reply:?}");
    }

    #[tokio::test]
    async fn no_spelling_of_an_address_gets_around_the_check() {
        let server = TestServer::with_company().await;
        for route in routes().iter().filter(|route| route.access != Access::Public) {
            for spelling in spellings(&address(route)) {
                for method in
                    [route.method.as_str(), "HEAD", "OPTIONS", &route.method.as_str().to_lowercase()]
                {
                    let (status, text) = ask(&server, method, &spelling).await;
                    let is_of_the_api = text.to_lowercase().contains("content-type: application/json");
                    assert!(
                        status != 204 && (status >= 400 || !is_of_the_api),
                        "{method} {spelling}: {text}"
                    );
                }
            }
        }
    }

    /// Other ways to write an address, some of which mean the same to somebody.
    fn spellings(path: &str) -> Vec<String> {
        let rest = path.strip_prefix("/api/").expect("what is not public stands below /api/");
        let (first, others) = rest.split_at(1);
        let encoded = format!("%{:02x}{others}", first.as_bytes()[0]);
        let mut spellings = Vec::from([
            format!("//api/{rest}"),
            format!("/api//{rest}"),
            format!("/./api/{rest}"),
            format!("/api/./{rest}"),
            format!("/api/%2e/{rest}"),
            format!("/api/x/../{rest}"),
            format!("/healthz/../api/{rest}"),
            format!("/api/session/../{rest}"),
            format!("/api/{encoded}"),
            format!("/%61pi/{rest}"),
            format!("/api%2f{rest}"),
            format!("/api\\{rest}"),
            format!("/API/{rest}"),
            path.to_uppercase(),
            format!("http://x{path}"),
            format!("http://x/api/session@x{path}"),
        ]);
        let endings =
            ["", "/", "/.", "//", "?x", "#x", ";x=1", ".json", "%2f", "%00", "%20", "%0d%0a", "/..;/"];
        spellings.extend(endings.map(|ending| format!("{path}{ending}")));
        spellings
    }

    /// Sends a request line just as it stands, with what our page adds.
    async fn ask(server: &TestServer, method: &str, target: &str) -> (u16, String) {
        let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let headers = "Host: x\r\nX-Fieldloop: 1\r\nConnection: close\r\nContent-Length: 0\r\n";
        let request = format!("{method} {target} HTTP/1.1\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    #[tokio::test]
    async fn every_answer_carries_the_protective_headers() {
        let broken = Route::new(Method::GET, "/api/broken", Access::Public, async || -> StatusCode {
            panic!("a handler that breaks")
        });
        let server = TestServer::builder().route(broken).start().await;
        server.found_company().await;
        let admin = server.sign_in("admin").await;
        let replies = [
            (200, admin.get("/api/session").await),
            (200, admin.get("/healthz").await),
            (401, server.browser().get("/api/session").await),
            (
                403,
                Reply::read(admin.foreign_request(Method::POST, "/api/people").send().await.unwrap()).await,
            ),
            (404, admin.get("/api/nothing").await),
            (404, admin.get("/pkg/nothing.js").await),
            (405, admin.post("/healthz", &json!({})).await),
            (500, admin.get("/api/broken").await),
        ];
        for (status, reply) in replies {
            assert_eq!(reply.status.as_u16(), status, "{reply:?}");
            assert_eq!(reply.header("content-security-policy"), headers::POLICY, "{status}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{status}");
            assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{status}");
            assert_eq!(reply.header("cross-origin-resource-policy"), "same-origin", "{status}");
            assert_eq!(reply.header("referrer-policy"), "no-referrer", "{status}");
            assert!(reply.header("permissions-policy").contains("microphone=()"), "{status}");
            assert_eq!(reply.header("x-request-id").len(), 36, "{status}");
            assert_eq!(reply.header("strict-transport-security"), "", "{status}: there is no TLS");
        }
    }

    #[tokio::test]
    async fn over_tls_browsers_are_told_to_stay_there() {
        let server = TestServer::builder().transport(Transport::BehindProxy).start().await;
        let reply = server.browser().get("/api/session").await;
        assert_eq!(reply.header("strict-transport-security"), "max-age=63072000");
    }

    #[tokio::test]
    async fn no_cache_keeps_what_the_api_answers() {
        let broken = Route::new(Method::GET, "/api/broken", Access::Public, async || -> StatusCode {
            panic!("a handler that breaks")
        });
        let server = TestServer::builder().route(broken).start().await;
        server.found_company().await;
        let admin = server.sign_in("admin").await;
        for path in ["/api/session", "/api/people", "/api/nothing", "/api/broken"] {
            assert_eq!(admin.get(path).await.header("cache-control"), "no-store", "{path}");
        }
        assert_eq!(server.browser().get("/api/session").await.header("cache-control"), "no-store");
    }

    #[tokio::test]
    async fn a_broken_handler_tells_nothing_and_the_server_goes_on() {
        let broken = Route::new(Method::GET, "/api/broken", Access::Public, async || -> StatusCode {
            panic!("the customer's phone number is 13800138000")
        });
        let server = TestServer::builder().route(broken).start().await;
        let reply = server.browser().get("/api/broken").await;
        assert_eq!(reply.refusal(), (500, "internal".to_owned()));
        assert!(!reply.text.contains("138"));
        assert_eq!(server.browser().get("/healthz").await.status, 200);
    }

    #[tokio::test]
    async fn what_is_not_in_the_list_is_not_found_in_json() {
        let server = TestServer::with_company().await;
        for path in ["/api", "/api/", "/api/nothing", "/api/session/nothing", "/api/people/x/y/z"] {
            let reply = server.browser().get(path).await;
            assert_eq!(reply.refusal(), (404, "no_such_route".to_owned()), "{path}");
        }
        let reply = server.browser().post("/healthz", &json!({})).await;
        assert_eq!(reply.refusal(), (405, "wrong_method".to_owned()));
    }

    #[tokio::test]
    async fn a_body_that_can_not_be_read_is_answered_with_a_code() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        let request =
            || browser.request(Method::POST, "/api/session").header("content-type", "application/json");
        let too_large = "x".repeat(BODY_BYTES + 1);
        let cases = [
            ("not JSON", request().body("{"), 400, "malformed"),
            ("another shape", request().body("[]"), 400, "malformed"),
            ("too much", request().body(too_large), 413, "too_large"),
            ("a form", browser.request(Method::POST, "/api/session").body("user=admin"), 415, "not_json"),
        ];
        for (name, request, status, error) in cases {
            let reply = Reply::read(request.send().await.unwrap()).await;
            assert_eq!(reply.refusal(), (status, error.to_owned()), "{name}");
        }
    }

    #[tokio::test]
    async fn the_health_check_answers_without_saying_anything_about_the_company() {
        let server = TestServer::with_company().await;
        let reply = server.browser().get("/healthz").await;
        assert_eq!(reply.status, 200);
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(reply.json(), json!({ "status": "ok", "database": "ok", "version": version }));
    }

    #[tokio::test]
    async fn long_answers_are_compressed_for_those_who_can_read_it() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        for number in 0..30 {
            server.add_person(&format!("person{number}"), Role::Agent, "service").await;
        }
        for encoding in ["zstd", "br", "gzip"] {
            let request = admin.request(Method::GET, "/api/people").header("accept-encoding", encoding);
            let reply = request.send().await.unwrap();
            assert_eq!(reply.headers()["content-encoding"], encoding);
        }
        assert_eq!(admin.get("/api/people").await.header("content-encoding"), "");
    }
}
