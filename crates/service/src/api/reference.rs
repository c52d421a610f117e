//! The OpenAPI document as people read it: one [`Call`] after the other, with examples to copy.

use super::openapi::{DOCUMENT, needs_session, operations};
use serde_json::Value;
use std::sync::LazyLock;

/// Every call, by path; those that only look come first.
pub static CALLS: LazyLock<Vec<Call>> = LazyLock::new(|| {
    let mut calls: Vec<_> =
        operations(&DOCUMENT).map(|(method, path, operation)| Call::new(method, path, operation)).collect();
    let rank = |method: &str| ["GET", "POST", "PUT", "DELETE"].iter().position(|known| *known == method);
    calls.sort_by(|one, other| (&one.path, rank(&one.method)).cmp(&(&other.path, rank(&other.method))));
    calls
});

/// One call, in words.
pub struct Call {
    /// `GET`, `PUT` …
    pub method: String,
    /// As in the document: `/api/order/{id}`.
    pub path: String,
    /// The noun it is about.
    pub tag: String,
    /// In a few words.
    pub summary: String,
    /// In a few more.
    pub description: String,
    /// Whether it needs a session.
    pub needs_session: bool,
    /// What goes into path, query and headers.
    pub parameters: Vec<Member>,
    /// What goes into the body.
    pub members: Vec<Member>,
    /// What comes back.
    pub answers: Vec<Answer>,
    /// A command to copy.
    pub curl: String,
    /// The query of that command, with its question mark.
    pub query: String,
}

/// A parameter, or a member of a body.
pub struct Member {
    /// What it is called.
    pub name: String,
    /// Where it is: path, query, header or body.
    pub place: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for.
    pub description: String,
}

/// One of the answers to a call.
pub struct Answer {
    /// The HTTP status.
    pub status: String,
    /// When it comes.
    pub description: String,
    /// What it looks like.
    pub example: Option<Value>,
}

impl Call {
    fn new(method: &str, path: &str, operation: &Value) -> Self {
        let given = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let body = &operation["requestBody"]["content"]["application/json"];
        let query = query(given);
        let needs_session = needs_session(operation);
        let method = method.to_uppercase();
        let curl =
            curl(&method, &format!("{}{query}", filled(path, given)), needs_session, example(body).as_ref());
        Self {
            path: path.to_owned(),
            tag: text(&operation["tags"][0]),
            summary: text(&operation["summary"]),
            description: text(&operation["description"]),
            needs_session,
            parameters: given.iter().map(parameter).collect(),
            members: members(resolved(&body["schema"])),
            answers: answers(operation),
            curl,
            query,
            method,
        }
    }

    /// What it looks like when all goes well.
    pub fn response(&self) -> Option<&Value> {
        self.answers.iter().find(|answer| answer.status.starts_with('2'))?.example.as_ref()
    }
}

fn answers(operation: &Value) -> Vec<Answer> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let answer = |(status, answer): (&String, &Value)| {
        let content = answer["content"].as_object().and_then(|kinds| kinds.values().next());
        Answer {
            status: status.clone(),
            description: text(&answer["description"]),
            example: content.and_then(example).filter(|_| status.starts_with('2')),
        }
    };
    answers.map(answer).collect()
}

fn parameter(parameter: &Value) -> Member {
    Member {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        description: text(&parameter["description"]),
    }
}

fn members(schema: &Value) -> Vec<Member> {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let member = |(name, property): (&String, &Value)| Member {
        name: name.clone(),
        place: "body".to_owned(),
        required: required.iter().any(|required| required == name),
        description: meaning(property),
    };
    properties.map(member).collect()
}

/// What a member is for, or if that goes without saying, what it is.
fn meaning(property: &Value) -> String {
    let description = text(&property["description"]);
    if !description.is_empty() {
        return description;
    }
    let property = resolved(property);
    let kind = match property["type"].as_str().or_else(|| property["type"][0].as_str()) {
        Some("string") => "Text",
        Some("array") => "A list",
        Some("integer" | "number") => "A number",
        _ => return text(&property["description"]),
    };
    match (&property["maxLength"], &property["maxItems"]) {
        (Value::Number(most), _) => format!("{kind}, at most {most} characters."),
        (_, Value::Number(most)) => format!("{kind}, at most {most} long."),
        _ => format!("{kind}."),
    }
}

/// The path with an example in each of its places.
fn filled(path: &str, parameters: &[Value]) -> String {
    parameters.iter().filter(|parameter| parameter["in"] == "path").fold(
        path.to_owned(),
        |path, parameter| {
            path.replace(&format!("{{{}}}", text(&parameter["name"])), &plain(&parameter["example"]))
        },
    )
}

fn query(parameters: &[Value]) -> String {
    let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
    let members: Vec<_> =
        in_query.map(|one| format!("{}={}", text(&one["name"]), plain(&one["example"]))).collect();
    if members.is_empty() { String::new() } else { format!("?{}", members.join("&")) }
}

fn curl(method: &str, path: &str, needs_session: bool, body: Option<&Value>) -> String {
    let mut words = vec!["curl".to_owned()];
    if method != "GET" {
        words.push(format!("-X {method}"));
    }
    words.push(if path.contains('?') {
        format!("'localhost:3000{path}'")
    } else {
        format!("localhost:3000{path}")
    });
    if needs_session {
        words.push("-H 'Authorization: Bearer tttttt'".to_owned());
    }
    if let Some(body) = body {
        words.push(format!("-H 'Content-Type: application/json' -d '{body}'"));
    }
    words.join(" ")
}

/// What a body of this content looks like.
fn example(content: &Value) -> Option<Value> {
    match &content["example"] {
        Value::Null => schema_example(&content["schema"]),
        example => Some(example.clone()),
    }
}

fn schema_example(schema: &Value) -> Option<Value> {
    let schema = resolved(schema);
    match (&schema["example"], &schema["items"]) {
        (Value::Null, Value::Null) => None,
        (Value::Null, items) => Some(Value::Array(vec![schema_example(items)?])),
        (example, _) => Some(example.clone()),
    }
}

/// The schema itself, if this one only names it.
fn resolved(schema: &Value) -> &Value {
    let name = schema["$ref"].as_str().and_then(|named| named.strip_prefix('#'));
    name.and_then(|name| DOCUMENT.pointer(name)).unwrap_or(schema)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text without its quotes, and anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
