//! Badges: small pictures of a label and a value, for a README.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, unreadable_path};
use crate::badge_svg;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::ledger::Badge;
use crate::problem::ApiError;
use crate::profile::{is_one_line, is_plain, not_plain};

/// Of a badge's name, in bytes.
const LONGEST_NAME: usize = 64;
/// Of a label or a value, in characters.
const LONGEST_TEXT: usize = 60;
const LONGEST_COLOR_NAME: usize = 20;
const MOST_BADGES: i64 = 20;

pub(crate) const KEEP: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/badge/{account}/{badge}",
    requires_auth: true,
    description: "Make or replace a badge; the account is the vendor's id. The query says label, value and color.",
    example: r##"curl -X POST "$factory/api/badge/v1/coverage?label=Coverage&value=80.5%25&color=%2344aa44" -H "Authorization: Bearer $apiKey""##,
    response: r#"{"url": "https://factory.example.com/api/badge/v1/coverage"}"#,
};

pub(crate) const SHOW: Endpoint = Endpoint {
    method: Method::GET,
    path: "/api/badge/{account}/{badge}",
    requires_auth: false,
    description: "The badge, as SVG.",
    example: "curl $factory/api/badge/v1/coverage",
    response: r#""<svg>...</svg>""#,
};

/// What a badge is to say; the defaults are those of the historic factory.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default = "label")]
    label: String,
    #[serde(default = "value")]
    value: String,
    #[serde(default = "color")]
    color: String,
}

/// Where the badge is.
#[derive(Serialize)]
pub(crate) struct Made {
    url: String,
}

type BadgePath = Result<Path<(String, String)>, PathRejection>;

/// Keeps a badge of the caller's, or for an administrator anybody's.
pub(crate) async fn keep(
    State(factory): State<Arc<Factory>>,
    Caller(caller): Caller,
    path: BadgePath,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Made>, ApiError> {
    let Path((account, name)) = path.map_err(unreadable_path)?;
    let Query(wanted) = wanted.map_err(|_| ApiError::bad_request("the query cannot be read"))?;
    if account != caller.id && !caller.is_admin {
        return Err(ApiError::unauthorized());
    }
    if !is_plain(&name, LONGEST_NAME) {
        return Err(not_plain("a badge's name", LONGEST_NAME));
    }
    let badge = wanted.check()?;
    factory
        .change(async move |factory| {
            factory.known(&account)?;
            let url = factory.url(&format!("/api/badge/{account}/{name}")).into();
            let kept = factory.ledger.keep_badge(account, name, badge, MOST_BADGES).await;
            if !kept.map_err(|error| ApiError::internal(&error))? {
                let message = format!("an account has at most {MOST_BADGES} badges");
                return Err(ApiError::new(StatusCode::CONFLICT, message));
            }
            Ok(Json(Made { url }))
        })
        .await
}

/// The picture. It may neither run nor load anything, even if it is opened as a page.
pub(crate) async fn show(
    State(factory): State<Arc<Factory>>,
    path: BadgePath,
) -> Result<([(HeaderName, &'static str); 3], String), ApiError> {
    let Path((account, name)) = path.map_err(unreadable_path)?;
    let badge = factory.ledger.find_badge(&account, &name).map_err(|error| ApiError::internal(&error))?;
    let badge = badge.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "Unknown badge"))?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "max-age=60"),
    ];
    Ok((headers, badge_svg::draw(&badge)))
}

impl Wanted {
    fn check(self) -> Result<Badge, ApiError> {
        let Self { label, value, color } = self;
        if !is_one_line(&label, LONGEST_TEXT) || !is_one_line(&value, LONGEST_TEXT) {
            let message = format!("label and value have at most {LONGEST_TEXT} characters, on one line");
            return Err(ApiError::bad_request(message));
        }
        if !is_color(&color) {
            return Err(ApiError::bad_request("color must be like #44aa44, #4a4 or green"));
        }
        Ok(Badge { label, value, color })
    }
}

/// A colour in hexadecimal digits, or a name.
fn is_color(color: &str) -> bool {
    match color.strip_prefix('#') {
        Some(digits) => {
            matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        None => {
            (1..=LONGEST_COLOR_NAME).contains(&color.len())
                && color.bytes().all(|byte| byte.is_ascii_alphabetic())
        }
    }
}

fn label() -> String {
    "Coverage".to_owned()
}

fn value() -> String {
    "0.00%".to_owned()
}

fn color() -> String {
    "#ee0000".to_owned()
}
