use super::*;
use proptest::prelude::*;
use serde_json::json;

const KEY: &str = "s3cret-vendor-key";

fn jws() -> String {
    format!("{}.{}.{}", "a".repeat(30), "b".repeat(30), "signature-of-a-pizza-c")
}

#[test]
fn members_that_are_named_like_secrets_lose_their_value() {
    let sent = json!({
        "email": "d@jwt.com", "password": "hunter2", "newPassword": ["x1"], "api_key": { "x2": "x3" },
        "API-Key": 40404, "sessionToken": "x4", "note": null, "token": null,
        "deep": [{ "Authorization": "x5", "fixCode": "x6" }], "items": [{ "menuId": 1 }],
    });
    let shown = body(sent.to_string().as_bytes(), &[]);
    for secret in ["hunter2", "x1", "x2", "x3", "x4", "x5", "x6", "40404"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["email"], "d@jwt.com");
    assert_eq!(shown["items"], json!([{ "menuId": 1 }]));
    assert_eq!((&shown["token"], &shown["password"]), (&Value::Null, &json!("[redacted]")));
}

#[test]
fn of_a_token_the_start_of_its_signature_stays() {
    let jws = jws();
    let shown = body(json!({ "jwt": jws, "said": format!("made {jws}.") }).to_string().as_bytes(), &[]);
    assert!(shown.contains(r#""jwt":"[redacted, signature signatur...]""#), "{shown}");
    assert!(!shown.contains("aaaa") && !shown.contains("bbbb") && !shown.contains("signature-"), "{shown}");
}

#[test]
fn what_is_no_json_is_its_size() {
    assert_eq!(body(b"{\"password\":\"hunter2\"", &[]), "[21 bytes]");
    assert_eq!(body(&[b' '; LARGEST + 1], &[]), "[32769 bytes]");
    assert_eq!(body(b"", &[]), "[0 bytes]");
}

#[test]
fn json_within_json_is_redacted_too() {
    let inner = json!({ "password": "hunter2" }).to_string();
    let shown =
        body(json!({ "raw": inner, "broken": &inner[..inner.len() - 1] }).to_string().as_bytes(), &[]);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_report_link_keeps_its_shape_only() {
    let link = format!("https://f.test/api/support/{KEY}/report/42fix");
    let answer = json!({ "message": "chaos monkey", "reportUrl": link }).to_string();
    let page = format!("<p>see <a href=\"{link}\">x</a>");
    for answer in
        [answer, page, link.clone(), format!("at {}", link.to_uppercase().replace("HTTPS", "https"))]
    {
        let shown = foreign_body(answer.as_bytes(), &[], LONGEST);
        assert!(shown.contains("/support/[redacted]/report/[redacted]"), "{shown}");
        assert!(!shown.to_lowercase().contains(KEY) && !shown.to_lowercase().contains("42fix"), "{shown}");
    }
    assert_eq!(
        path(&format!("/api/support/{KEY}/report/42fix")),
        "/api/support/[redacted]/report/[redacted]"
    );
    assert!(matches!(path("/api/order/menu"), Cow::Borrowed("/api/order/menu")));
    assert_eq!(path(&format!("/verify/{}", jws())), "/verify/[redacted, signature signatur...]");
}

#[test]
fn known_secrets_bearer_keys_logins_and_assignments_are_replaced_in_text() {
    let redacted = |text: &str| words(text, &[KEY], LONGEST);
    assert_eq!(
        redacted(&format!("key {KEY}, Authorization: Bearer other-key end")),
        "key [redacted], Authorization: Bearer [redacted] end"
    );
    assert_eq!(redacted("at mysql://root:hunter2@db:3306/pizza."), "at mysql://[redacted]@db:3306/pizza.");
    assert_eq!(redacted("?token=abc&page=1"), "?token=[redacted]=1");
    assert_eq!(redacted("password: hunter2 was wrong"), "password: [redacted] was wrong");
    assert_eq!(redacted("{'apiKey' : 'abc'}"), "{'apiKey' : '[redacted]'}");
    assert_eq!(redacted("The oven is full."), "The oven is full.");
    assert_eq!(redacted("the password is too short"), "the password is too short");
}

#[test]
fn words_of_our_own_keep_the_names_that_they_are_about() {
    let said = format!("password: invalid type: string \"{}\", expected a map", jws());
    let shown = shapes(&said);
    assert_eq!(shown, "password: invalid type: string \"[redacted, signature signatur...]\", expected a map");
}

#[test]
fn a_long_body_is_cut_after_it_is_redacted() {
    let shown = foreign_body(format!("{}{KEY}", "é".repeat(508)).as_bytes(), &[KEY], 1024);
    assert!(shown.len() <= 1024 && !shown.contains("s3c"), "{shown}");
    let long = json!({ "a": "x".repeat(2 * LONGEST) }).to_string();
    assert_eq!(body(long.as_bytes(), &[]).len(), LONGEST);
}

/// JSON of any shape, in which some members are secrets.
fn sent() -> impl Strategy<Value = Value> {
    const CANARY: &str = "canary-of-a-secret";
    let secret = || {
        prop_oneof![
            Just(json!(CANARY)),
            Just(json!([CANARY, 1])),
            Just(json!({ "value": { "of": CANARY } })),
            Just(json!(format!("{}.{}.{}{CANARY}", "a".repeat(30), "b".repeat(30), "c".repeat(16)))),
        ]
    };
    let name = prop_oneof![
        Just("password"),
        Just("PASSWORD"),
        Just("api-key"),
        Just("jwt"),
        Just("refresh_token"),
        Just("Set-Cookie"),
        Just("smtpPassword"),
        Just("client_secret"),
        Just("authorization"),
    ];
    let shaped = prop_oneof![
        Just(format!("https://f.test/api/support/{CANARY}/report/{CANARY}")),
        Just(format!("Authorization: Bearer {CANARY}")),
        Just(format!("smtp://me:{CANARY}@mail.test:25")),
        Just(format!("see https://f.test/support/{CANARY}, please")),
        Just(json!({ "password": CANARY }).to_string()),
    ];
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(Value::Null),
        shaped.prop_map(Value::from),
        (name.clone(), secret()).prop_map(|(name, secret)| json!({ name: secret })),
    ];
    leaf.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            (prop::collection::hash_map("[a-z\"\\\\ é]{0,8}", inner, 0..4), name.clone(), secret()).prop_map(
                |(members, name, secret)| {
                    let mut members: serde_json::Map<_, _> = members.into_iter().collect();
                    members.insert(name.to_owned(), secret);
                    Value::from(members)
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn no_secret_survives(sent in sent()) {
        for text in [sent.to_string(), json!({ "said": sent.to_string() }).to_string()] {
            let shown = body(text.as_bytes(), &[]);
            prop_assert!(!shown.contains("canary"), "{}", shown);
            let foreign = foreign_body(text.as_bytes(), &[], LONGEST);
            prop_assert!(!foreign.contains("canary"), "{}", foreign);
        }
    }

    #[test]
    fn whatever_a_stranger_sends_is_shown_within_the_limit(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(body(&bytes, &["x"]).len() <= LONGEST);
        prop_assert!(foreign_body(&bytes, &["x"], 100).len() <= 100);
        let _ = path(&String::from_utf8_lossy(&bytes));
    }
}
