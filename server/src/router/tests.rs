//! What holds for every route, asked over HTTP.

use domain::people::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::config::Transport;
use crate::http::headers;
use crate::testing::{Reply, TestServer};

/// The public part of the API, spelled out once more: opening a door takes two edits.
const PUBLIC: [(Method, &str); 6] = [
    (Method::GET, "/healthz"),
    (Method::GET, "/api/session"),
    (Method::POST, "/api/session"),
    (Method::POST, "/api/first-admin"),
    (Method::POST, "/api/password"),
    (Method::GET, "/api/rescue/key"),
];

pub(super) fn address(route: &Route) -> String {
    let id = "018fa2c4-0000-7000-8000-000000000000";
    route
        .path
        .replace("{id}", id)
        .replace("{version}", "1")
        .replace("{*name}", "Asia/Shanghai")
        .replace("{sha256}", &"a".repeat(64))
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
        } else if route.method == Method::HEAD {
            assert_eq!(reply.status, 401, "HEAD {}", route.path);
        } else {
            assert_eq!(reply.refusal(), (401, "not_signed_in".to_owned()), "{} {}", route.method, route.path);
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
async fn steering_routes_are_closed_to_those_who_do_not_steer() {
    let server = TestServer::with_company().await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        server.add_person(role.name(), role, "service").await;
        let browser = server.sign_in(role.name()).await;
        for route in routes().iter().filter(|route| route.access == Access::Steering) {
            let request = browser.request(route.method.clone(), &address(route));
            let reply = Reply::read(request.send().await.unwrap()).await;
            assert_eq!(reply.status == 403, !role.steers(), "{role:?} {}: {reply:?}", route.path);
        }
    }
}

#[tokio::test]
async fn a_request_that_another_site_may_have_made_changes_nothing() {
    let server = TestServer::with_company().await;
    let admin = server.sign_in("admin").await;
    let changes_something = |route: &&Route| !matches!(route.method, Method::GET | Method::HEAD);
    for route in routes().iter().filter(changes_something) {
        let request = admin.foreign_request(route.method.clone(), &address(route));
        let reply = Reply::read(request.json(&json!({})).send().await.unwrap()).await;
        assert_eq!(reply.refusal(), (403, "foreign_request".to_owned()), "{} {}", route.method, route.path);
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
    // Whoever may GET may ask for the HEAD alone.
    let may_read = |path| PUBLIC.contains(&(Method::GET, path));
    for route in routes().iter().filter(|route| route.access != Access::Public) {
        for spelling in spellings(&address(route)) {
            let head = if may_read(route.path) { "OPTIONS" } else { "HEAD" };
            for method in [route.method.as_str(), head, "OPTIONS", &route.method.as_str().to_lowercase()] {
                let (status, text) = ask(&server, method, &spelling).await;
                let is_of_the_api = text.to_lowercase().contains("content-type: application/json");
                assert!(status != 204 && (status >= 400 || !is_of_the_api), "{method} {spelling}: {text}");
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
    let endings = ["", "/", "/.", "//", "?x", "#x", ";x=1", ".json", "%2f", "%00", "%20", "%0d%0a", "/..;/"];
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
        (204, server.browser().get("/api/session").await),
        (401, server.browser().get("/api/people").await),
        (403, Reply::read(admin.foreign_request(Method::POST, "/api/people").send().await.unwrap()).await),
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
    let request = || browser.request(Method::POST, "/api/session").header("content-type", "application/json");
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

#[test]
fn every_route_is_in_the_manual() {
    let manual = include_str!("../../../docs/http-api.md");
    for route in routes() {
        let entry = format!("`{} {}`", route.method, route.path);
        assert!(manual.contains(&entry), "docs/http-api.md lacks {entry}");
    }
}
