//! API10:2023 Unsafe consumption of APIs: the factory is a third party, and its words are a stranger's.

use serde_json::json;
use test_kit::{Answer, TestApp};

#[tokio::test]
async fn secrets_in_the_factory_s_refusal() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Refuse(
        400,
        "vendor the-vendor-key-of-the-tests, see https://f.example/api/support/the-fix-code/report/x",
    ));
    let reply = app.diner().await.order(&[1]).await.expect(422);
    assert!(
        !reply.text.contains(test_kit::API_KEY) && !reply.text.contains("the-fix-code"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn endless_and_marked_up_words_of_the_factory() {
    let app = TestApp::start(|_| {}).await;
    let words: &'static str = format!("<script>alert(1)</script>\r\nx: y {}", "x".repeat(20_000)).leak();
    app.factory.always(Answer::Refuse(400, words));
    let reply = app.diner().await.order(&[1]).await.expect(422);
    assert!(reply.text.len() < 5_000, "{} bytes", reply.text.len());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply["order"]["status"], json!("rejected"));
}
