//! A page that asks first: what will happen, and a button that does it. It works without scripts, and says more than
//! a dialog would.

use crate::web::{Frame, Page};
use askama::Template;

/// The question.
#[derive(Template)]
#[template(path = "pages/sure.html")]
pub struct Sure<'a> {
    /// Who is asked.
    pub frame: &'a Frame,
    /// In one sentence.
    pub question: String,
    /// What happens, and what does not.
    pub consequences: Vec<String>,
    /// What the button says.
    pub button: &'static str,
    /// Where "no" leads.
    pub back: &'a str,
}

impl Sure<'_> {
    /// Asks. "Yes" is posted to the path of the page itself.
    pub fn ask(self) -> Page {
        self.frame.show(&self)
    }
}
