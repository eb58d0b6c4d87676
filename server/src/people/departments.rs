//! `POST /api/departments` and `PATCH /api/departments/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::people::{Department, DepartmentFunction};
use serde::{Deserialize, Deserializer, Serialize};

use super::edit::{DepartmentEdit, require_parent};
use super::input::InputProblem;
use super::routes::{PeopleError, change, optional};
use super::{Invalid, Label, new_department_id};
use crate::http::JsonBody;
use crate::state::AppState;
use crate::store::directory::DirectoryEdit;

/// A department to add.
#[derive(Deserialize)]
pub(crate) struct NewDepartment {
    name: String,
    #[serde(default)]
    parent: Option<String>,
    function: DepartmentFunction,
    #[serde(default)]
    regions: Vec<String>,
}

/// What is to be different about a department.
#[derive(Deserialize)]
pub(crate) struct ChangedDepartment {
    name: Option<String>,
    /// `null` makes the department stand alone; absent, it stays where it is.
    #[serde(default, deserialize_with = "present")]
    parent: Option<Option<String>>,
    function: Option<DepartmentFunction>,
    regions: Option<Vec<String>>,
}

/// The department as it is now.
#[derive(Serialize)]
pub(crate) struct DepartmentAnswer {
    department: Department,
}

/// Adds a department.
pub(crate) async fn create_department(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<NewDepartment>,
) -> Result<(StatusCode, Json<DepartmentAnswer>), PeopleError> {
    let department = Department {
        id: new_department_id(state.clock.now()),
        name: parse_name(&body.name)?,
        parent: body.parent.as_deref().map(parse_parent).transpose()?,
        function: body.function,
        regions: parse_regions(&body.regions)?,
    };
    change(&state, |directory| {
        require_parent(&department, directory)?;
        Ok(DirectoryEdit::AddDepartment(department.clone()))
    })
    .await?;
    Ok((StatusCode::CREATED, Json(DepartmentAnswer { department })))
}

/// Changes a department.
pub(crate) async fn change_department(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ChangedDepartment>,
) -> Result<Json<DepartmentAnswer>, PeopleError> {
    let id = id.parse().map_err(|_| PeopleError::UnknownDepartment)?;
    let edit = DepartmentEdit {
        name: optional(body.name.as_deref(), parse_name)?,
        parent: body.parent.map(|parent| parent.as_deref().map(parse_parent).transpose()).transpose()?,
        function: body.function,
        regions: optional(body.regions.as_deref(), parse_regions)?,
    };
    let edited =
        change(&state, |directory| Ok(DirectoryEdit::ChangeDepartment(edit.apply(id, directory)?))).await?;
    match edited {
        DirectoryEdit::ChangeDepartment(department) => Ok(Json(DepartmentAnswer { department })),
        _ => unreachable!("a change of a department was asked for"),
    }
}

fn parse_name(name: &str) -> Result<String, Invalid> {
    Label::parse(name).map(Label::into_string).map_err(|problem| Invalid::new("name", problem))
}

fn parse_parent(parent: &str) -> Result<domain::DepartmentId, Invalid> {
    parent.parse().map_err(|_| Invalid::new("parent", InputProblem::Unacceptable))
}

fn parse_regions(regions: &[String]) -> Result<Vec<String>, Invalid> {
    Label::parse_list(regions).map_err(|problem| Invalid::new("regions", problem))
}

/// Tells a field that is `null` from one that is absent.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
