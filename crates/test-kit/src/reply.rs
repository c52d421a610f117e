//! What came back.

use reqwest::{Response, header::HeaderMap};
use serde_json::Value;
use std::ops::Index;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Reply {
    /// Reads an answer.
    ///
    /// # Panics
    /// When the connection breaks.
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, body, text }
    }

    /// The same, if it has this status.
    ///
    /// # Panics
    /// With the whole answer, if it has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What the body says to a person.
    pub fn message(&self) -> &str {
        self["message"].as_str().unwrap_or_default()
    }

    /// The id of the order that the answer is about.
    ///
    /// # Panics
    /// When it is about none.
    #[track_caller]
    pub fn order_id(&self) -> i64 {
        let id = self["order"]["id"].as_i64();
        id.unwrap_or_else(|| panic!("no order in {}: {}", self.status, self.text))
    }
}

/// A member of the body; null if there is none.
impl Index<&str> for Reply {
    type Output = Value;

    fn index(&self, member: &str) -> &Value {
        &self.body[member]
    }
}
