//! Franchises and their stores.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Json, MaybeCaller, Path, Query, clamped, path_id},
    views::{AdminView, FranchiseView},
};
use crate::{app::AppState, edge::Problem};
use axum::{extract::State, http::StatusCode, response::IntoResponse};
use domain::{EmailAddress, FranchiseId, Name, StoreId, User, UserId};
use serde::Deserialize;
use serde_json::json;
use store::{FranchiseCreation, FranchiseQuery, NewFranchise, StoreCreation};

const MAX_PER_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000_000;
/// People who may run one franchise.
const MAX_ADMINS: usize = 100;

#[derive(Deserialize)]
pub struct ListQuery {
    page: Option<String>,
    limit: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
pub struct CreateFranchise {
    name: Option<String>,
    #[serde(default)]
    admins: Vec<AdminEmail>,
}

#[derive(Deserialize)]
struct AdminEmail {
    email: String,
}

#[derive(Deserialize)]
pub struct CreateStore {
    name: Option<String>,
}

/// `GET /api/franchise?page=0&limit=10&name=*`
pub async fn list(
    State(app): State<AppState>,
    MaybeCaller(caller): MaybeCaller,
    Query(query): Query<ListQuery>,
) -> Result<impl IntoResponse, Problem> {
    let is_admin = caller.is_some_and(|session| session.user.is_admin());
    let page = app
        .store
        .franchises(FranchiseQuery {
            page: clamped(query.page.as_deref(), 0, 0..=MAX_PAGE),
            per_page: clamped(query.limit.as_deref(), 10, 1..=MAX_PER_PAGE),
            name: query.name.filter(|name| !name.is_empty()).unwrap_or_else(|| "*".to_owned()),
            with_business: is_admin,
        })
        .await?;
    let franchises: Vec<_> =
        page.franchises.into_iter().map(|franchise| FranchiseView::new(franchise, is_admin)).collect();
    Ok(axum::Json(json!({ "franchises": franchises, "more": page.more })))
}

/// `GET /api/franchise/{user_id}`: the franchises that somebody runs. Those of others look like none.
pub async fn list_of(
    State(app): State<AppState>,
    Caller(session): Caller,
    Path(user): Path<String>,
) -> Result<axum::Json<Vec<FranchiseView>>, Problem> {
    let user = user.parse().map(UserId).ok();
    let visible = user.filter(|&user| user == session.user.id || session.user.is_admin());
    let franchises = match visible {
        Some(user) => app.store.franchises_of(user).await?,
        None => Vec::new(),
    };
    Ok(axum::Json(franchises.into_iter().map(|franchise| FranchiseView::new(franchise, true)).collect()))
}

/// `POST /api/franchise`
pub async fn create(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Json(body): Json<CreateFranchise>,
) -> Result<impl IntoResponse, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to create a franchise"));
    }
    let name = required_name(body.name)?;
    if body.admins.len() > MAX_ADMINS {
        return Err(Problem::bad_request(format!("a franchise can have at most {MAX_ADMINS} admins")));
    }
    let admins = body.admins.iter().map(|admin| known_address(&admin.email)).collect::<Result<_, _>>()?;
    match app.store.create_franchise(NewFranchise { name: name.clone(), admins }).await? {
        FranchiseCreation::Created { id, admins } => {
            app.catalogue.changed();
            app.sessions.roles_changed();
            acts.record(&session, "franchise.create", format!("franchise {id}"), Some(name.clone())).await;
            let admins: Vec<_> = admins.into_iter().map(AdminView::from).collect();
            Ok(axum::Json(json!({ "name": name, "admins": admins, "id": id })))
        }
        FranchiseCreation::NameTaken => {
            Err(Problem::new(StatusCode::CONFLICT, "a franchise with this name exists already"))
        }
        FranchiseCreation::UnknownAdmin(email) => Err(unknown_admin(email.as_str())),
    }
}

/// `DELETE /api/franchise/{franchise_id}`
pub async fn delete(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to delete a franchise"));
    }
    // What is no id names a franchise that does not exist, and deleting one of those succeeds.
    if let Ok(id) = id.parse() {
        let existed = app.store.delete_franchise(FranchiseId(id)).await?;
        app.catalogue.changed();
        app.sessions.roles_changed();
        if existed {
            acts.record(&session, "franchise.delete", format!("franchise {id}"), None).await;
        }
    }
    Ok(axum::Json(json!({ "message": "franchise deleted" })))
}

/// `POST /api/franchise/{franchise_id}/store`
pub async fn create_store(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(franchise): Path<String>,
    Json(body): Json<CreateStore>,
) -> Result<impl IntoResponse, Problem> {
    let franchise = run_by(&session.user, &franchise, "unable to create a store")?;
    let name = required_name(body.name)?;
    match app.store.create_store(franchise, &name).await? {
        StoreCreation::Created(id) => {
            app.catalogue.changed();
            let detail = format!("{name}, franchise {franchise}");
            acts.record(&session, "store.create", format!("store {id}"), Some(detail)).await;
            Ok(axum::Json(json!({ "id": id, "franchiseId": franchise, "name": name })))
        }
        StoreCreation::UnknownFranchise => Err(Problem::not_found("unknown franchise")),
    }
}

/// `DELETE /api/franchise/{franchise_id}/store/{store_id}`
pub async fn delete_store(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path((franchise, store)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let franchise = run_by(&session.user, &franchise, "unable to delete a store")?;
    let store = path_id(&store, StoreId, "unknown store")?;
    let existed = app.store.delete_store(franchise, store).await?;
    app.catalogue.changed();
    if existed {
        let detail = format!("franchise {franchise}");
        acts.record(&session, "store.delete", format!("store {store}"), Some(detail)).await;
    }
    Ok(axum::Json(json!({ "message": "store deleted" })))
}

/// The franchise, if this user runs it.
fn run_by(user: &User, franchise: &str, refusal: &'static str) -> Result<FranchiseId, Problem> {
    let franchise = path_id(franchise, FranchiseId, "unknown franchise")?;
    if user.runs(franchise) { Ok(franchise) } else { Err(forbidden(refusal)) }
}

fn required_name(name: Option<String>) -> Result<String, Problem> {
    let name = name.ok_or_else(|| Problem::bad_request("name is required"))?;
    match Name::parse(&name) {
        Ok(_) => Ok(name),
        Err(error) => Err(Problem::bad_request(format!("name {error}"))),
    }
}

fn known_address(email: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(email).map_err(|_| unknown_admin(email))
}

fn unknown_admin(email: &str) -> Problem {
    Problem::not_found(format!("unknown user for franchise admin {email} provided"))
}
