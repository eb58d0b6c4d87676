//! The calls of synchronisation.

use domain::DeviceId;
use sync::Failure;
use sync::messages::{Cursor, PullRequest, PullResponse, PushRequest, PushResponse};
use sync::tablets::{Heard, ReportFailure, Standing};

use super::ApiError;
use crate::device::events::EventStream;

/// Delivers changes.
///
/// # Errors
/// Why there are no verdicts. Some or all of the changes may have been taken all the same.
pub async fn push(request: &PushRequest) -> Result<PushResponse, Failure> {
    super::post("/api/sync/push", request).await.map_err(failure)
}

/// Fetches a page of what has changed.
///
/// # Errors
/// Why there is no page.
pub async fn pull(request: &PullRequest) -> Result<PullResponse, Failure> {
    super::post("/api/sync/pull", request).await.map_err(failure)
}

/// Opens the stream of the server's events, from where the device is. It says at once if the device is behind, be it only in
/// what it knows of its person's scope or of the company.
///
/// # Errors
/// Why it isn't open.
pub async fn listen(device: DeviceId, has: &PullRequest) -> Result<EventStream, Failure> {
    let mut address = format!("/api/sync/events?device={device}");
    if let Some(Cursor { epoch, seq }) = &has.cursor {
        address += &format!("&epoch={epoch}&seq={seq}");
    }
    if let Some(scope) = &has.scope {
        address += &format!("&scope={scope}");
    }
    if let Some(directory) = has.directory {
        address += &format!("&directory={directory}");
    }
    EventStream::open(&address).await.map_err(failure)
}

/// Tells how the device stands.
///
/// # Errors
/// Whether it is worth telling again.
pub async fn report(standing: &Standing) -> Result<Heard, ReportFailure> {
    let answer = super::post("/api/sync/standing", standing).await;
    answer.map_err(|error| match error {
        ApiError::Unreachable | ApiError::Unreadable | ApiError::SignedOut | ApiError::Busy { .. } => {
            ReportFailure::Unanswered
        }
        ApiError::Refused { code, .. } if code == "foreign_device" => ReportFailure::Unanswered,
        // Servers of the first release have never heard of it.
        ApiError::TooOld | ApiError::Refused { .. } => ReportFailure::Unwanted,
    })
}

fn failure(error: ApiError) -> Failure {
    match error {
        ApiError::SignedOut => Failure::SignedOut,
        ApiError::TooOld => Failure::TooOld,
        ApiError::Busy { retry_after_seconds } => Failure::Busy {
            retry_after_ms: i64::try_from(retry_after_seconds).unwrap_or(i64::MAX / 1000) * 1000,
        },
        ApiError::Unreachable => Failure::Unreachable,
        ApiError::Unreadable => Failure::NotUnderstood,
        ApiError::Refused { status, code, .. } => {
            leptos::logging::warn!("synchronisation was refused: {status} {code}");
            Failure::Unreachable
        }
    }
}
