//! The runbook, in the program itself: whoever is woken at night reads it on a phone, whatever else is down.

use super::pages;
use crate::edge::Problem;
use askama::Template;
use axum::response::Response;
use pulldown_cmark::{Options, Parser, html};
use std::sync::LazyLock;

static RUNBOOK: LazyLock<String> = LazyLock::new(|| {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut page = String::new();
    html::push_html(&mut page, Parser::new_ext(include_str!("../../../../docs/runbook.md"), options));
    page
});

#[derive(Template)]
#[template(path = "runbook.html")]
struct Page {
    /// Made of our own text, not of a stranger's.
    runbook: &'static str,
}

/// What to do about each alert
#[utoipa::path(
    get, path = "/runbook", tag = "documents",
    responses((status = 200, description = "The runbook, with an anchor for each alert", body = String, content_type = "text/html", example = "<!doctype html>")),
)]
pub async fn show() -> Result<Response, Problem> {
    pages::html(&Page { runbook: &RUNBOOK })
}
