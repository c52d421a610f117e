//! What a vendor tells about itself, within limits.

use serde_json::{Map, Value};

use crate::api::bodies::Members;
use crate::problem::ApiError;

const LONGEST_ID: usize = 64;
/// Paths below `/api/vendor` that a vendor of this name would hide behind.
const RESERVED_IDS: [&str; 4] = ["auth", "chaos", "code", "connect"];

/// What a vendor tells about itself; absent is what it does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: Option<String>,
    pub(crate) git_hub_url: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
}

impl Profile {
    /// Takes over the fields that `body` names; `null` and the empty text remove one. What is no
    /// field is ignored, for historic clients send back the whole vendor.
    pub(crate) fn change(&mut self, body: &Map<String, Value>) -> Result<(), ApiError> {
        for field in FIELDS {
            if let Some(value) = body.get(field.name) {
                *(field.of)(self) = field.read(value)?;
            }
        }
        Ok(())
    }
}

/// The id that a new vendor asks for.
pub(crate) fn new_id(body: &Members) -> Result<&str, ApiError> {
    let id = body.text("id").ok_or_else(|| ApiError::bad_request("Missing param. Must have ID"))?;
    if !is_plain(id, LONGEST_ID) {
        return Err(not_plain("an id", LONGEST_ID));
    }
    if RESERVED_IDS.contains(&id) {
        return Err(ApiError::bad_request("this id is reserved"));
    }
    Ok(id)
}

/// Whether a name can be part of a path as it is.
pub(crate) fn is_plain(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphanumeric()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Says what [`is_plain`] minds.
pub(crate) fn not_plain(what: &str, longest: usize) -> ApiError {
    ApiError::bad_request(format!(
        "{what} has 1 to {longest} letters, digits and ._- and begins with a letter or digit"
    ))
}

/// Whether a text is short enough, in characters, and can be shown on one line.
pub(crate) fn is_one_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}

struct Field {
    name: &'static str,
    /// In characters.
    longest: usize,
    is_good: fn(&str) -> bool,
    must: &'static str,
    of: fn(&mut Profile) -> &mut Option<String>,
}

const FIELDS: [Field; 5] = [
    Field { name: "name", longest: 100, is_good: |_| true, must: "be a text", of: |p| &mut p.name },
    Field {
        name: "gitHubUrl",
        longest: 300,
        is_good: is_web_address,
        must: "be an http or https address",
        of: |p| &mut p.git_hub_url,
    },
    Field {
        name: "website",
        longest: 300,
        is_good: is_web_address,
        must: "be an http or https address",
        of: |p| &mut p.website,
    },
    Field { name: "phone", longest: 40, is_good: |_| true, must: "be a text", of: |p| &mut p.phone },
    Field {
        name: "email",
        longest: 254,
        is_good: is_email_address,
        must: "be an e-mail address",
        of: |p| &mut p.email,
    },
];

impl Field {
    fn read(&self, value: &Value) -> Result<Option<String>, ApiError> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => text.trim(),
            _ => return Err(self.refuse()),
        };
        if text.is_empty() {
            return Ok(None);
        }
        if !is_one_line(text, self.longest) || !(self.is_good)(text) {
            return Err(self.refuse());
        }
        Ok(Some(text.to_owned()))
    }

    fn refuse(&self) -> ApiError {
        let Self { name, must, longest, .. } = self;
        ApiError::bad_request(format!("{name} must {must} of at most {longest} characters"))
    }
}

/// Dashboards link to it, so it must not be a script. Without a scheme it is a host's name.
fn is_web_address(text: &str) -> bool {
    match url::Url::parse(text) {
        Ok(url) => matches!(url.scheme(), "http" | "https"),
        Err(error) => error == url::ParseError::RelativeUrlWithoutBase,
    }
}

fn is_email_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || ",;<>\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(body: Value) -> Result<Profile, ApiError> {
        let mut profile = Profile { phone: Some("1".to_owned()), ..Profile::default() };
        profile.change(body.as_object().unwrap()).map(|()| profile)
    }

    #[test]
    fn null_and_the_empty_text_remove_a_field_and_an_absent_one_stays() {
        assert_eq!(changed(json!({})).unwrap().phone.as_deref(), Some("1"));
        assert_eq!(changed(json!({"phone": null})).unwrap().phone, None);
        assert_eq!(changed(json!({"phone": " "})).unwrap().phone, None);
        assert_eq!(changed(json!({"phone": " 2 "})).unwrap().phone.as_deref(), Some("2"));
    }

    #[test]
    fn each_field_has_its_limits() {
        for (name, good, bad) in [
            ("name", "x".repeat(100), "x".repeat(101)),
            ("name", "\u{e9}".repeat(100), "a\nb".to_owned()),
            ("gitHubUrl", "https://git.test/x".to_owned(), "javascript:alert(1)".to_owned()),
            ("website", "pizza.example".to_owned(), "data:text/html,x".to_owned()),
            ("website", format!("http://{}", "x".repeat(60)), format!("http://{}", "x".repeat(294))),
            ("phone", "x".repeat(40), "x".repeat(41)),
            ("email", "a@b".to_owned(), "a b@c".to_owned()),
            ("email", "a@b.test".to_owned(), "@b".to_owned()),
        ] {
            assert!(changed(json!({name: good})).is_ok(), "{name} {good}");
            assert!(changed(json!({name: bad})).is_err(), "{name} {bad}");
        }
        assert!(changed(json!({"name": 5})).is_err());
        assert!(changed(json!({"apiKey": 5, "roles": ["admin"]})).is_ok());
    }

    #[test]
    fn an_id_is_plain() {
        let id = |id: &str| new_id(&Members::from(json!({"id": id}))).is_ok();
        assert!(id("byustudent27") && id("a") && id("A.b-c_9") && id(&"x".repeat(64)));
        for bad in ["", ".", "..", "-a", "a/b", "a b", "caf\u{e9}", "code", "auth", &"x".repeat(65)] {
            assert!(!id(bad), "{bad}");
        }
        assert!(new_id(&Members::from(json!({"id": 5}))).is_err());
    }
}
