//! An incident's report, as a page and as a file.

use super::{
    admin,
    incidents::{incident_id, unknown},
};
use crate::{
    api::extract::Path,
    app::AppState,
    web::{Frame, Page},
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd, html};

#[derive(Template)]
#[template(path = "pages/operations/report.html")]
struct Report<'a> {
    frame: &'a Frame,
    id: i64,
    /// Made by [`as_html`].
    report: String,
}

/// The report, to read.
pub async fn show(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    admin(&frame)?;
    let id = incident_id(&id)?;
    let report = app.operations.report(id).await?.ok_or_else(unknown)?;
    frame.show(&Report { frame: &frame, id: id.0, report: as_html(&report) })
}

/// The report, to keep and to fill in.
pub async fn download(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    admin(&frame)?;
    let id = incident_id(&id)?;
    let report = app.operations.report(id).await?.ok_or_else(unknown)?;
    let name = format!("attachment; filename=\"incident-{id}.md\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8")),
        // An id is a number, so this is always a header.
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, report).into_response())
}

/// Markdown as HTML in which nothing is anybody else's HTML, script, picture or far-off link: the factory's words are
/// in a report.
fn as_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => {
            None
        }
        // It would be aligned by a style attribute, which our own policy refuses.
        Event::Start(Tag::Table(columns)) => {
            Some(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])))
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if leads_nowhere_bad(&dest_url) { dest_url } else { "#".into() };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        // A list of what is to be done is read here, not ticked off.
        Event::TaskListMarker(done) => Some(Event::Text(if done { "☑ " } else { "☐ " }.into())),
        event => Some(event),
    });
    let mut page = String::new();
    html::push_html(&mut page, events);
    // What scrolls can be reached with a keyboard. In a text this would be `&lt;pre&gt;`.
    page.replace("<pre>", "<pre tabindex=\"0\">").replace("<table>", "<table tabindex=\"0\">")
}

fn leads_nowhere_bad(url: &str) -> bool {
    let ours = url.starts_with('#') || (url.starts_with('/') && !url.starts_with("//"));
    ours || url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::as_html;

    #[test]
    fn nothing_in_a_report_is_a_stranger_s_html() {
        let nasty = "# Report\n\n<script>alert(1)</script>\n\nHe said <img src=x onerror=alert(1)> and \
                     [click](javascript:alert(1)), [look](//evil.example), ![see](https://evil.example/a.png), \
                     `<b>`.\n\n<div onclick=\"alert(1)\">\n\n| a | b |\n|---|--:|\n| 1 | <i>2</i> |\n";
        let html = as_html(nasty);
        for tag in ["<script", "<img", "<div", "<b>", "<i>", "style=", "javascript:", "evil.example"] {
            assert!(!html.contains(tag), "{tag} in {html}");
        }
        assert!(html.contains("<h1>Report</h1>") && html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains("<table tabindex=") && html.contains("<code>&lt;b&gt;</code>"), "{html}");
    }

    #[test]
    fn our_own_links_and_lists_of_things_to_do_stay() {
        let html = as_html("[runbook](/runbook#latency)\n\n- [ ] to be done\n- [x] done\n");
        assert!(html.contains("<a href=\"/runbook#latency\">"), "{html}");
        assert!(html.contains("☐ to be done") && !html.contains("<input"), "{html}");
    }
}
