//! Light or dark.

use crate::web::{Form, Page, frame::own_path, theme::Theme};

/// Remembers how pages shall look, and goes back to where the visitor was.
pub async fn switch(form: Form) -> Page {
    let theme = Theme::read(Some(form.text("theme")));
    let mut response = form.frame.go(own_path(form.text("next")));
    form.frame.keep_theme(theme, &mut response);
    Ok(response)
}
