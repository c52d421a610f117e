//! What the API can do, as people read it.

use super::{
    openapi::DOCUMENT,
    reference::{Answer, CALLS, Call},
};
use crate::{VERSION, app::AppState, edge::Problem, web};
use askama::Template;
use axum::{
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;

const STYLE: &str = include_str!("../../assets/docs.css");
/// The page needs its own style sheet, and nothing else from anywhere.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whoever knocks.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "message": "welcome to JWT Pizza", "version": "0.1.0" }))]
pub struct Welcome {
    message: &'static str,
    version: &'static str,
}

/// Welcome
#[utoipa::path(
    get, path = "/", tag = "documents",
    responses((status = 200, description = "Who we are; for a browser, the storefront", content(
        (Welcome = "application/json"),
        (String = "text/html", example = "<!doctype html>"),
    ))),
)]
pub async fn welcome(State(app): State<AppState>, request: Request) -> Response {
    if web::wants_page(request.headers().get(header::ACCEPT), "/") {
        return web::home(app, request).await;
    }
    axum::Json(Welcome { message: "welcome to JWT Pizza", version: VERSION }).into_response()
}

/// This API, in the historic format
#[utoipa::path(
    get, path = "/api/docs", tag = "documents",
    responses((status = 200, description = "Every call", body = Object, example = json!({ "version": "0.1.0", "endpoints": [], "config": {} }))),
)]
pub async fn docs(State(app): State<AppState>) -> axum::Json<Value> {
    let endpoints: Vec<_> = CALLS.iter().map(endpoint).collect();
    let factory = without_credentials(app.config.factory.url.clone());
    // Its kind, and not where it is.
    let db = if app.config.database.url.is_some() { "MySQL" } else { "SQLite" };
    axum::Json(
        json!({ "version": VERSION, "endpoints": endpoints, "config": { "factory": factory, "db": db } }),
    )
}

fn endpoint(call: &Call) -> Value {
    let path = call.path.replace('{', ":").replace('}', "");
    let mut endpoint = json!({
        "method": call.method,
        "path": format!("{path}{}", call.query),
        "description": call.summary,
        "example": call.curl,
        "response": call.response(),
    });
    if call.needs_session {
        endpoint["requiresAuth"] = true.into();
    }
    endpoint
}

fn without_credentials(mut url: Url) -> Url {
    // A URL that cannot have credentials has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url
}

/// This API, as a page to browse
#[utoipa::path(
    get, path = "/docs", tag = "documents",
    responses((status = 200, description = "The page", body = String, content_type = "text/html", example = "<!doctype html>")),
)]
pub async fn page() -> Result<impl IntoResponse, Problem> {
    let page = Page { version: VERSION, about: &DOCUMENT["info"]["description"], nouns: nouns() }.render();
    let page = page.map_err(|error| {
        tracing::error!("type" = "unhandled", component = "docs", %error, "the page cannot be written");
        Problem::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    Ok((headers, page))
}

/// The style of that page
#[utoipa::path(
    get, path = "/docs/style.css", tag = "documents",
    responses((status = 200, description = "The style sheet", body = String, content_type = "text/css", example = ":root {}")),
)]
pub async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    version: &'static str,
    about: &'static Value,
    nouns: Vec<Noun>,
}

/// The calls about one noun.
struct Noun {
    name: &'static str,
    description: &'static str,
    calls: Vec<&'static Call>,
}

fn nouns() -> Vec<Noun> {
    let tags = DOCUMENT["tags"].as_array().into_iter().flatten();
    let noun = |tag: &'static Value| {
        let name = tag["name"].as_str()?;
        let calls = CALLS.iter().filter(|call| call.tag == name).collect();
        Some(Noun { name, description: tag["description"].as_str()?, calls })
    };
    tags.filter_map(noun).collect()
}

impl Page {
    /// The paragraphs of what is said before all.
    fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.about.as_str().unwrap_or_default().split("\n\n")
    }

    /// Prose with code between backticks.
    fn pieces<'a>(&self, text: &'a str) -> impl Iterator<Item = Piece<'a>> {
        text.split('`').enumerate().map(|(number, text)| Piece { code: number % 2 == 1, text })
    }
}

/// A bit of prose, or of code in it.
struct Piece<'a> {
    code: bool,
    text: &'a str,
}

impl Call {
    /// Where it is on the page.
    fn anchor(&self) -> String {
        let words: Vec<_> =
            self.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        format!("{}-{}", self.method.to_lowercase(), words.join("-"))
    }
}

impl Answer {
    /// Whether it is a good one.
    fn class(&self) -> &'static str {
        match self.status.as_bytes().first() {
            Some(b'2') => "good",
            Some(b'4') => "refused",
            _ => "failed",
        }
    }

    /// Its example over several lines.
    fn shown(&self) -> Option<String> {
        match self.example.as_ref()? {
            Value::String(text) => Some(text.clone()),
            json => serde_json::to_string_pretty(json).ok(),
        }
    }
}
