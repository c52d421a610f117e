//! The OpenAPI document. It is made from the routes: a handler says what only it answers, and what all calls of a
//! kind have in common is added here, once.

use crate::VERSION;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;

/// What the API can do, as OpenAPI 3.1.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let document = serde_json::to_value(super::routes().into_openapi());
    complete(document.expect("a document of texts and numbers is JSON"))
});

/// `GET /api/openapi.json`: all that is below, for programs.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "documents",
    summary = "This API, for programs",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object, example = json!({ "openapi": "3.1.0" }))),
)]
pub async fn document() -> axum::Json<&'static Value> {
    axum::Json(&DOCUMENT)
}

/// What is said before anything about a call.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "JWT Pizza",
        description = "Orders pizzas, and loses none while the pizza factory is down.\n\nEvery error is a JSON object with a `message` a person can read, and the members of RFC 9457. Every answer has an `x-request-id`, under which the log knows it.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "auth", description = "Register, log in, log out"),
        (name = "users", description = "People with accounts"),
        (name = "menu", description = "What can be ordered"),
        (name = "orders", description = "From the wish to the pizza"),
        (name = "franchises", description = "Franchises and their stores"),
        (name = "kitchen", description = "Whether pizzas are made"),
        (name = "administration", description = "For the on-call engineer"),
        (name = "documents", description = "This API, and the health of the service"),
    ),
)]
pub struct Frame;

/// Every call of a document: method, path, operation.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// Whether a call needs a session. Some calls only take one: those list the empty requirement too.
pub fn needs_session(operation: &Value) -> bool {
    let ways = operation["security"].as_array();
    ways.is_some_and(|ways| ways.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty())))
}

fn complete(mut document: Value) -> Value {
    document["info"]["version"] = VERSION.into();
    document["servers"] = json!([{ "url": "/" }]);
    document["components"]["securitySchemes"] = json!({ "session": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The token of a login. Any word may stand where `Bearer` stands.",
    } });
    document["components"]["schemas"]["Problem"] = problem();
    for item in members(&mut document["paths"]) {
        for operation in members(item) {
            complete_operation(operation);
        }
    }
    document
}

fn complete_operation(operation: &mut Value) {
    let (session, body) = (needs_session(operation), operation.get("requestBody").is_some());
    let query =
        operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    let mut may = |status: &str, holds: bool, why: &str| {
        if holds {
            answers.entry(status).or_insert_with(|| json!({ "description": why }));
        }
    };
    may("400", body, "The body is not what it should be; the message says why.");
    may("400", query, "The query cannot be read.");
    may("401", session, "There is no session, or it has ended.");
    may("413", body, "The body is too large.");
    may("415", body, "The body is not sent as `application/json`.");
    may("503", session || body, "We cannot do that right now. Nothing was changed.");
    for (status, answer) in answers {
        complete_answer(status, answer);
    }
}

fn complete_answer(status: &str, answer: &mut Value) {
    answer["headers"]["x-request-id"] = json!({ "description": "The name of this request in the log.", "required": true, "schema": { "type": "string" } });
    if ["429", "503"].contains(&status) {
        answer["headers"]["Retry-After"] = json!({ "description": "Seconds to wait.", "required": true, "schema": { "type": "integer", "minimum": 0 } });
    }
    if status >= "400" && answer.get("content").is_none() {
        let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        answer["content"] = json!({ "application/json": problem, "application/problem+json": problem });
    }
}

/// What the edge makes of every error.
fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "What went wrong: a message, with the members of RFC 9457 beside it.",
        "required": ["message", "type", "title", "status", "detail", "instance"],
        "properties": {
            "message": text, "type": text, "title": text, "detail": text, "instance": text,
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
        },
        "example": {
            "message": "unauthorized", "type": "about:blank", "title": "Unauthorized", "status": 401,
            "detail": "unauthorized", "instance": "/api/user/me",
        },
    })
}

fn members(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    object.as_object_mut().into_iter().flat_map(Map::values_mut)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, fs, path::Path};

    /// utoipa keeps the last of two schemas with one name, without a word.
    #[test]
    fn no_two_types_share_the_name_of_a_schema() {
        let mut seen = BTreeMap::new();
        for (file, text) in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            for (name, derived) in schemas(&text) {
                let before = seen.insert(name.clone(), format!("{file}: {derived}"));
                assert_eq!(before, None, "{name} is also {derived} in {file}");
            }
        }
        let documented = DOCUMENT["components"]["schemas"].as_object().unwrap();
        let found = documented.keys().filter(|name| *name != "Problem" && !seen.contains_key(*name));
        assert_eq!(found.collect::<Vec<_>>(), [""; 0], "this test does not see these");
    }

    /// A route that is added without its operation would be missing from the document.
    #[test]
    fn no_route_goes_past_the_document() {
        for (file, text) in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api"))) {
            let past = ["route", "route_service", "nest_service"].map(|way| format!(".{way}(\""));
            assert!(past.iter().all(|way| !text.contains(way)), "{file}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                        assert!(DOCUMENT.pointer(name.strip_prefix('#').unwrap()).is_some(), "{name}");
                    }
                    members.values().for_each(walk);
                }
                Value::Array(items) => items.iter().for_each(walk),
                _ => {}
            }
        }
        walk(&DOCUMENT);
    }

    fn sources(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let mut found: Vec<_> = files
            .iter()
            .map(|file| (file.display().to_string(), fs::read_to_string(file).unwrap()))
            .collect();
        found.extend(folders.iter().flat_map(|folder| sources(folder)));
        found
    }

    /// The name of each schema in a source file, and of the type it is derived from.
    fn schemas(text: &str) -> Vec<(String, String)> {
        let derives = text.split("ToSchema)]\n").skip(1);
        let schema = |after: &str| {
            let head = after.split_once('{')?.0;
            let head =
                if head.contains("example") { after.split_once("pub ")?.1.split_once('{')?.0 } else { head };
            let derived = head.split(['<', ' ', '\n']).rfind(|word| word.starts_with(char::is_uppercase))?;
            let renamed = after.split("pub ").next()?.split_once("#[schema(as = ").map(|(_, name)| name);
            let name = renamed.and_then(|name| name.split([',', ')']).next()).unwrap_or(derived);
            Some((name.to_owned(), derived.to_owned()))
        };
        derives.filter_map(schema).collect()
    }
}
