//! Bodies that are no order, no login and no franchise.

use crate::{MACHINE, house::House, neighbours::Neighbours};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_nonsense_are_refused_with_the_reason_and_never_our_fault() {
    let _shared = MACHINE.read().await;
    let house = Arc::new(House::open(&[]).await);
    let neighbours = Neighbours::of(&house).await;
    let token = house.register("hostile").await;
    let before = house.vitals();
    for body in bodies() {
        for (method, path) in [("POST", "/api/order"), ("PUT", "/api/auth"), ("POST", "/api/auth")] {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: pizza\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            let answer = house.ask([head.as_bytes(), &body].concat()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
            assert!((400..500).contains(&answer.status), "{method} {path} {shown}: {answer:?}");
            assert!(answer.json()["message"].is_string(), "{answer:?}");
        }
    }
    assert!(house.vitals().memory < before.memory + (64 << 20), "{before:?} {:?}", house.vitals());
    neighbours.were_served().await;
    house.assert_no_fault();
}

fn bodies() -> Vec<Vec<u8>> {
    let order = |id: &str| format!(r#"{{"franchiseId":{id},"storeId":{id},"items":[{{"menuId":{id}}}]}}"#);
    let mut bodies: Vec<Vec<u8>> = [
        "",
        " ",
        "null",
        "true",
        "0",
        "-0",
        "\"\"",
        "[]",
        "{}",
        "{",
        "}",
        "[{]}",
        "{\"a\":}",
        "nul",
        "NaN",
        "{'a':1}",
        "{\"items\":null}",
        "{\"items\":{}}",
        "{\"items\":[null]}",
        "\u{feff}{}",
        "{}{}",
        "{}x",
        "//\n{}",
        "{\"a\":1,}",
        r#"{"email":{"$ne":null},"password":{"$ne":null}}"#,
        r#"{"email":["a@b"],"password":1}"#,
        r#"{"email":"\u0000","password":"\u0000","name":"\u0000"}"#,
        r#"{"email":"\ud800","password":"x"}"#,
        r#"{"franchiseId":1,"franchiseId":"x","storeId":1,"items":[]}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    let numbers = [
        "1e400",
        "-1e400",
        "1e-400",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "0.5",
        "\"9223372036854775808\"",
        "\"\"",
        "\"1e3\"",
        "\"٣\"",
        "01",
        "+1",
        "0x1",
        "[1]",
        "{}",
        "null",
        "true",
    ];
    bodies.extend(numbers.map(|number| order(number).into_bytes()));
    bodies.push(order(&"9".repeat(60_000)).into_bytes());
    for deep in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        bodies.push(format!("{}{}", deep.0.repeat(6_000), deep.1.repeat(6_000)).into_bytes());
        bodies.push(deep.0.repeat(6_000).into_bytes());
    }
    // Not UTF-8: a continuation byte alone, an overlong slash, a surrogate, UTF-16, what is cut off.
    for bytes in [&b"\x80"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xfe\xff", b"\xf0\x9f\x8d"] {
        bodies.push([b"{\"email\":\"", bytes, b"\",\"password\":\"x\",\"name\":\"x\"}"].concat());
        bodies.push(bytes.to_vec());
    }
    bodies.push([b"\xff\xfe".to_vec(), "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat());
    bodies.push(format!("{{\"email\":\"{}\"}}", "\\\\".repeat(30_000)).into_bytes());
    bodies.push(
        format!("{{{}}}", (0..5_000).map(|n| format!("\"{n}\":{n}")).collect::<Vec<_>>().join(","))
            .into_bytes(),
    );
    bodies.push(vec![0; 60_000]);
    bodies.push(vec![0xff; 60_000]);
    bodies
}
