//! `GET /api/zones` and `GET /api/zones/{name}`: zones for calendars, out of the program's own database.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sync::policies::Zones;

use crate::zones;

/// Lists the names of all zones.
pub(crate) async fn list_zones() -> Json<Zones> {
    Json(Zones { zones: zones::names() })
}

/// Shows one zone's offsets, for a calendar to keep.
pub(crate) async fn show_zone(Path(name): Path<String>) -> Response {
    match zones::for_calendar(&name) {
        Some(zone) => Json(zone).into_response(),
        None => {
            let body =
                json!({ "error": "unknown_zone", "message": format!("there is no time zone “{name}”") });
            (StatusCode::NOT_FOUND, Json(body)).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::TestServer;

    #[tokio::test]
    async fn zones_are_found_by_their_names() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let names = admin.get("/api/zones").await.json();
        assert!(names["zones"].as_array().unwrap().iter().any(|name| name == "Asia/Shanghai"));
        assert_eq!(admin.get("/api/zones/America/New_York").await.json()["offset"], -5 * 60 * 60);
        assert_eq!(admin.get("/api/zones/europe%2Fberlin").await.json()["name"], "Europe/Berlin");
        let unknown = admin.get("/api/zones/Mars/Olympus").await;
        assert_eq!(unknown.refusal(), (404, "unknown_zone".to_owned()));
        assert!(unknown.json()["message"].as_str().unwrap().contains("Mars/Olympus"));
    }
}
