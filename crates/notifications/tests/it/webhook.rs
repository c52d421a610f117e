//! What a webhook receiver can do to us.

use crate::http_receiver::{Answer, Receiver};
use crate::samples::{firing, notifier, point};
use notifications::{ConfigError, DeliveryError, Notifier};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// The deadline for who never answers.
const SOON: Duration = Duration::from_secs(2);

/// Much longer than anything that ends takes on a slow machine, much shorter than for ever.
const LONG: Duration = Duration::from_secs(60);

async fn deliver_to(answer: Answer) -> Result<(), DeliveryError> {
    let receiver = Receiver::start(answer).await;
    let notifier = notifier(&format!("type = 'webhook'\nurl = '{}'", receiver.url("/hook")));
    let never = matches!(answer, Answer::Hangs | Answer::Dribbles(500));
    let result = notifier.with_deadline(if never { SOON } else { LONG }).deliver("phone", &firing()).await;
    assert_eq!(receiver.got().len(), 1, "it is sent once");
    result
}

fn why(error: DeliveryError) -> (bool, String) {
    match error {
        DeliveryError::Temporary { why, .. } => (true, why),
        DeliveryError::Permanent { why } => (false, why),
    }
}

#[tokio::test]
async fn any_success_is_a_delivery_whatever_comes_after_the_status() {
    for answer in
        [Answer::Says(200, "ok"), Answer::Says(204, ""), Answer::Dribbles(200), Answer::NeverEnds(202)]
    {
        assert_eq!(deliver_to(answer).await, Ok(()));
    }
}

#[tokio::test]
async fn the_authorization_is_sent_as_configured() {
    let receiver = Receiver::start(Answer::Says(200, "")).await;
    let url = receiver.url("/hook?key=1");
    notifier(&format!("type = 'webhook'\nurl = '{url}'\nauthorization = 'Bearer s3cret'"))
        .deliver("phone", &firing())
        .await
        .unwrap();
    let got = receiver.got().remove(0);
    assert_eq!(got.uri, "/hook?key=1");
    assert_eq!(got.headers["authorization"], "Bearer s3cret");
    assert_eq!(got.headers["content-type"], "application/json");
}

#[tokio::test]
async fn server_errors_and_too_many_requests_may_be_tried_again() {
    for status in [408, 425, 429, 500, 503, 599] {
        let (temporary, why) = why(deliver_to(Answer::Says(status, "not now")).await.unwrap_err());
        assert!(
            temporary && why.contains(&status.to_string()) && why.ends_with("not now"),
            "{status}: {why}"
        );
    }
}

#[tokio::test]
async fn other_client_errors_and_redirects_are_permanent() {
    for status in [400, 401, 403, 404, 410, 422] {
        let (temporary, why) = why(deliver_to(Answer::Says(status, "never")).await.unwrap_err());
        assert!(!temporary && why.contains(&status.to_string()) && why.ends_with("never"), "{status}: {why}");
    }
    let (temporary, why) = why(deliver_to(Answer::Redirects).await.unwrap_err());
    assert!(!temporary && why.contains("307"), "{why}");
}

#[tokio::test]
async fn a_wish_for_time_is_passed_on_and_capped() {
    for (asked, wait) in [("7", Some(7)), ("86400", Some(300)), ("whenever", None)] {
        for status in [429, 503] {
            let error = deliver_to(Answer::Later(status, asked)).await.unwrap_err();
            let DeliveryError::Temporary { retry_after, .. } = error else { panic!("{error}") };
            assert_eq!(retry_after, wait.map(Duration::from_secs), "{status} {asked}");
        }
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_or_dribbles_is_left_at_the_deadline() {
    for (answer, known) in [(Answer::Hangs, "no answer in time"), (Answer::Dribbles(500), "HTTP 500")] {
        let start = Instant::now();
        let (temporary, why) = why(deliver_to(answer).await.unwrap_err());
        assert!(temporary && why.contains(known), "{why}");
        assert!(start.elapsed() >= SOON && start.elapsed() < LONG, "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn of_an_endless_answer_a_little_is_read_and_less_is_shown() {
    let start = Instant::now();
    let (temporary, why) = why(deliver_to(Answer::NeverEnds(400)).await.unwrap_err());
    assert!(!temporary && why.contains("many words many words"), "{why}");
    assert!(why.chars().count() <= 250, "{why}");
    assert!(start.elapsed() < LONG, "reading ends when enough is read: {:?}", start.elapsed());
}

#[tokio::test]
async fn nobody_there_and_a_connection_that_breaks_are_temporary() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let notifier = notifier(&format!("type = 'webhook'\nurl = 'http://{address}/t0ken-in-the-path'"));
    let breaking = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 16]).await;
    });
    for state in ["closes", "is not there"] {
        let (temporary, why) = why(notifier.deliver("phone", &firing()).await.unwrap_err());
        assert!(temporary && !why.contains("t0ken"), "{state}: {why}");
    }
    breaking.await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_repeats_our_secrets_does_not_get_them_into_the_error() {
    let receiver = Receiver::start(Answer::Echoes(403)).await;
    let url = receiver.url("/hooks/canary-path/x?key=canary-query&s=short");
    let notifier =
        notifier(&format!("type = 'webhook'\nurl = '{url}'\nauthorization = 'Bearer canary-authorization'"));
    let mut notification = firing();
    // So that what is repeated fits into what is shown.
    notification.alerts.clear();
    let error = notifier.deliver("phone", &notification).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?}", notifier.points());
    assert!(shown.contains("[redacted]"), "{shown}");
    for canary in ["canary", "capability"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

#[tokio::test]
async fn a_point_that_is_not_there_is_a_permanent_failure() {
    let notifier = Notifier::new(Vec::new()).unwrap();
    let (temporary, why) = why(notifier.deliver("nobody", &firing()).await.unwrap_err());
    assert!(!temporary && why.contains("`nobody`"), "{why}");
}

#[test]
fn two_points_of_one_name_and_an_authorization_that_no_header_carries_are_refused() {
    let slack = || point("type = 'slack'\nurl = 'https://hooks.example/canary'");
    assert!(
        matches!(Notifier::new(vec![slack(), slack()]), Err(ConfigError::SameName(name)) if name == "phone")
    );
    let broken = point("type = 'webhook'\nurl = 'https://a.example'\nauthorization = \"canary\\nX: y\"");
    let Err(error) = Notifier::new(vec![broken]) else { panic!("it was accepted") };
    assert!(matches!(error, ConfigError::Authorization(_)));
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_no_other() {
    let hanging = Receiver::start(Answer::Hangs).await;
    let quick = Receiver::start(Answer::Says(200, "")).await;
    let named = |name: &str, receiver: &Receiver| {
        let mut point = point(&format!("type = 'webhook'\nurl = '{}'", receiver.url("/")));
        point.name = name.to_owned();
        point
    };
    let notifier = Notifier::new(vec![named("hanging", &hanging), named("quick", &quick)]).unwrap();
    let notifier = Arc::new(notifier.with_deadline(LONG));
    let deliver = |point: &'static str| {
        let notifier = notifier.clone();
        tokio::spawn(async move { notifier.deliver(point, &firing()).await })
    };
    let waiting = deliver("hanging");
    assert_eq!(deliver("quick").await.unwrap(), Ok(()));
    assert!(!waiting.is_finished());
}
