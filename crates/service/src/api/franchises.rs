//! Franchises and their stores.

use super::{
    acts::{Acts, forbidden},
    extract::{Caller, Json, MaybeCaller, Path, Query, clamped, path_id},
    views::{AdminView, FranchiseView, Message},
};
use crate::{
    app::{App, AppState},
    auth::Session,
    edge::Problem,
};
use axum::{extract::State, http::StatusCode};
use domain::{EmailAddress, FranchiseId, Name, StoreId, User, UserId};
use serde::{Deserialize, Serialize};
use store::{FranchiseCreation, FranchiseQuery, NewFranchise, StoreCreation};
use utoipa::{IntoParams, ToSchema};

const MAX_PER_PAGE: u32 = 100;
const MAX_PAGE: u32 = 1_000_000;
/// People who may run one franchise.
const MAX_ADMINS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Counts from 0. What is no number reads as the default.
    #[param(example = "0")]
    page: Option<String>,
    /// Franchises a page, at most 100.
    #[param(example = "10")]
    limit: Option<String>,
    /// The name to match; `*` stands for anything.
    #[param(example = "*")]
    name: Option<String>,
}

/// A page of franchises, by id.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "franchises": [{ "id": 1, "name": "pizzaPocket", "stores": [{ "id": 1, "name": "SLC" }] }], "more": false }))]
pub struct FranchiseList {
    franchises: Vec<FranchiseView>,
    /// Whether another page follows.
    more: bool,
}

/// A franchise to found.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "pizzaPocket", "admins": [{ "email": "franchisee@example.com" }] }))]
pub struct CreateFranchise {
    #[schema(required, nullable = false, min_length = 1, max_length = 255, pattern = r"\S")]
    pub name: Option<String>,
    /// Who shall run it: people with accounts.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub admins: Vec<AdminEmail>,
}

/// Somebody who shall run a franchise.
#[derive(Deserialize, ToSchema)]
pub struct AdminEmail {
    pub email: String,
}

/// A franchise that was founded.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "id": 1, "name": "pizzaPocket", "admins": [{ "email": "franchisee@example.com", "id": 3, "name": "pizza franchisee" }] }))]
pub struct CreatedFranchise {
    id: i64,
    name: String,
    admins: Vec<AdminView>,
}

/// A store to open.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "name": "SLC" }))]
pub struct CreateStore {
    #[schema(required, nullable = false, min_length = 1, max_length = 255, pattern = r"\S")]
    name: Option<String>,
}

/// A store that was opened.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "id": 1, "franchiseId": 1, "name": "SLC" }))]
#[serde(rename_all = "camelCase")]
pub struct CreatedStore {
    id: i64,
    franchise_id: i64,
    name: String,
}

/// List franchises, by page and name
///
/// An admin sees who runs each, and what each store brought in.
#[utoipa::path(
    get, path = "/api/franchise", tag = "franchises", security((), ("session" = [])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of franchises", body = FranchiseList),
        (status = 503, description = "We cannot read them right now."),
    ),
)]
pub async fn list(
    State(app): State<AppState>,
    MaybeCaller(caller): MaybeCaller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<FranchiseList>, Problem> {
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
    let franchises =
        page.franchises.into_iter().map(|franchise| FranchiseView::new(franchise, is_admin)).collect();
    Ok(axum::Json(FranchiseList { franchises, more: page.more }))
}

/// List the franchises that somebody runs (oneself or admin)
///
/// Those of others look like none.
#[utoipa::path(
    get, path = "/api/franchise/{id}", tag = "franchises", security(("session" = [])),
    params(("id" = String, Path, description = "The id of the user who runs them; what is no id is nobody's", example = "3")),
    responses((status = 200, description = "Their franchises", body = Vec<FranchiseView>)),
)]
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

/// Found a franchise (admin)
#[utoipa::path(
    post, path = "/api/franchise", tag = "franchises", security(("session" = [])),
    request_body = CreateFranchise,
    responses(
        (status = 200, description = "The franchise", body = CreatedFranchise),
        (status = 403, description = "Only an admin may do that."),
        (status = 404, description = "Nobody has one of the e-mail addresses."),
        (status = 409, description = "Another franchise is called that."),
    ),
)]
pub async fn create(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Json(body): Json<CreateFranchise>,
) -> Result<axum::Json<CreatedFranchise>, Problem> {
    found(&app, &acts, &session, body).await.map(axum::Json)
}

/// Founds a franchise, if the caller may.
pub async fn found(
    app: &App,
    acts: &Acts,
    session: &Session,
    wanted: CreateFranchise,
) -> Result<CreatedFranchise, Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to create a franchise"));
    }
    let name = required_name(wanted.name)?;
    if wanted.admins.len() > MAX_ADMINS {
        return Err(Problem::bad_request(format!("a franchise can have at most {MAX_ADMINS} admins")));
    }
    let admins = wanted.admins.iter().map(|admin| known_address(&admin.email)).collect::<Result<_, _>>()?;
    match app.store.create_franchise(NewFranchise { name: name.clone(), admins }).await? {
        FranchiseCreation::Created { id, admins } => {
            app.catalogue.changed();
            app.sessions.roles_changed();
            acts.record(session, "franchise.create", format!("franchise {id}"), Some(name.clone())).await;
            let admins = admins.into_iter().map(AdminView::from).collect();
            Ok(CreatedFranchise { id: id.0, name, admins })
        }
        FranchiseCreation::NameTaken => {
            Err(Problem::new(StatusCode::CONFLICT, "a franchise with this name exists already"))
        }
        FranchiseCreation::UnknownAdmin(email) => Err(unknown_admin(email.as_str())),
    }
}

/// Delete a franchise with its stores (admin)
///
/// Also answers 200 when it did not exist.
#[utoipa::path(
    delete, path = "/api/franchise/{id}", tag = "franchises", security(("session" = [])),
    params(("id" = String, Path, description = "The franchise's id; what is no id names one that does not exist", example = "1")),
    responses(
        (status = 200, description = "It does not exist any more", body = Message, example = json!({ "message": "franchise deleted" })),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn delete(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Message>, Problem> {
    close(&app, &acts, &session, &id).await?;
    Ok(axum::Json(Message::new("franchise deleted")))
}

/// Closes a franchise with its stores, if the caller may.
pub async fn close(app: &App, acts: &Acts, session: &Session, id: &str) -> Result<(), Problem> {
    if !session.user.is_admin() {
        return Err(forbidden("unable to delete a franchise"));
    }
    // What is no id names a franchise that does not exist, and deleting one of those succeeds.
    if let Ok(id) = id.parse() {
        let existed = app.store.delete_franchise(FranchiseId(id)).await?;
        app.catalogue.changed();
        app.sessions.roles_changed();
        if existed {
            acts.record(session, "franchise.delete", format!("franchise {id}"), None).await;
        }
    }
    Ok(())
}

/// Open a store (admin or franchisee)
#[utoipa::path(
    post, path = "/api/franchise/{id}/store", tag = "franchises", security(("session" = [])),
    params(("id" = i64, Path, description = "The franchise", example = 1)),
    request_body = CreateStore,
    responses(
        (status = 200, description = "The store", body = CreatedStore),
        (status = 403, description = "The franchise is somebody else's."),
        (status = 404, description = "There is no such franchise."),
    ),
)]
pub async fn create_store(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path(franchise): Path<String>,
    Json(body): Json<CreateStore>,
) -> Result<axum::Json<CreatedStore>, Problem> {
    open_store(&app, &acts, &session, &franchise, body.name).await.map(axum::Json)
}

/// Opens a store, if the caller runs the franchise.
pub async fn open_store(
    app: &App,
    acts: &Acts,
    session: &Session,
    franchise: &str,
    name: Option<String>,
) -> Result<CreatedStore, Problem> {
    let franchise = run_by(&session.user, franchise, "unable to create a store")?;
    let name = required_name(name)?;
    match app.store.create_store(franchise, &name).await? {
        StoreCreation::Created(id) => {
            app.catalogue.changed();
            let detail = format!("{name}, franchise {franchise}");
            acts.record(session, "store.create", format!("store {id}"), Some(detail)).await;
            Ok(CreatedStore { id: id.0, franchise_id: franchise.0, name })
        }
        StoreCreation::UnknownFranchise => Err(Problem::not_found("unknown franchise")),
    }
}

/// Close a store (admin or franchisee)
///
/// Also answers 200 when it did not exist.
#[utoipa::path(
    delete, path = "/api/franchise/{id}/store/{store_id}", tag = "franchises", security(("session" = [])),
    params(
        ("id" = i64, Path, description = "The franchise", example = 1),
        ("store_id" = i64, Path, description = "The store", example = 1),
    ),
    responses(
        (status = 200, description = "It does not exist any more", body = Message, example = json!({ "message": "store deleted" })),
        (status = 403, description = "The franchise is somebody else's."),
        (status = 404, description = "There can be no such franchise or store."),
    ),
)]
pub async fn delete_store(
    State(app): State<AppState>,
    acts: Acts,
    Caller(session): Caller,
    Path((franchise, store)): Path<(String, String)>,
) -> Result<axum::Json<Message>, Problem> {
    close_store(&app, &acts, &session, (&franchise, &store)).await?;
    Ok(axum::Json(Message::new("store deleted")))
}

/// Closes a store of a franchise, if the caller runs it.
pub async fn close_store(
    app: &App,
    acts: &Acts,
    session: &Session,
    (franchise, store): (&str, &str),
) -> Result<(), Problem> {
    let franchise = run_by(&session.user, franchise, "unable to delete a store")?;
    let store = path_id(store, StoreId, "unknown store")?;
    let existed = app.store.delete_store(franchise, store).await?;
    app.catalogue.changed();
    if existed {
        let detail = format!("franchise {franchise}");
        acts.record(session, "store.delete", format!("store {store}"), Some(detail)).await;
    }
    Ok(())
}

/// The franchise, if this user runs it.
pub fn run_by(user: &User, franchise: &str, refusal: &'static str) -> Result<FranchiseId, Problem> {
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
