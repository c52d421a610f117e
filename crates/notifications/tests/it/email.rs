//! Mail: what is in it, and what a mail server can do to us.

use crate::samples::{firing, notifier, resolved};
use crate::smtp_server::{Manners, SmtpServer};
use notifications::{DeliveryError, Notification};
use std::net::SocketAddr;
use std::time::Duration;

const LOGIN: &str = "user = 'pizza'\npassword = 'canary-password'";

fn mail_to(server: SocketAddr, option: &str, more: &str) -> String {
    format!(
        "type = 'email'\nserver = 'smtp://{server}{option}'\nfrom = 'Jürgen <pizza@mail.example>'\n\
         to = ['on-call@mail.example', 'Boss <boss@mail.example>']\n{more}"
    )
}

/// What a server hears of a delivery, and what becomes of it.
async fn deliver(
    manners: Manners,
    more: &str,
    notification: &Notification,
) -> (Vec<String>, Result<(), DeliveryError>) {
    let server = SmtpServer::start(manners).await;
    let toml = mail_to(server.address, "?tls=none", more);
    let silent = manners.to.is_some_and(|(_, answer)| answer.is_empty());
    let deadline = Duration::from_secs(if silent { 2 } else { 60 });
    let result = notifier(&toml).with_deadline(deadline).deliver("phone", notification).await;
    (server.heard().await, result)
}

fn mail(heard: &[String]) -> String {
    let start = heard.iter().position(|line| line == "DATA").unwrap() + 1;
    let end = heard.iter().position(|line| line == ".").unwrap();
    let lines = heard[start..end].iter();
    let dateless = lines.map(|line| if line.starts_with("Date: ") { "Date: [now]" } else { line });
    dateless.collect::<Vec<_>>().join("\n")
}

fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    let line = mail.lines().find(|line| line.starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {mail}"))
}

#[tokio::test]
async fn mail_while_it_fires() {
    let (heard, result) = deliver(Manners::default(), "", &firing()).await;
    assert_eq!(result, Ok(()));
    assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<pizza@mail.example>")), "{heard:?}");
    for recipient in ["on-call@mail.example", "boss@mail.example"] {
        assert!(heard.contains(&format!("RCPT TO:<{recipient}>")), "{heard:?}");
    }
    insta::assert_snapshot!(mail(&heard));
}

#[tokio::test]
async fn mail_when_it_is_over() {
    let (heard, result) = deliver(Manners::default(), "", &resolved()).await;
    assert_eq!(result, Ok(()));
    insta::assert_snapshot!(mail(&heard));
}

#[tokio::test]
async fn what_fires_and_what_is_over_are_one_thread_and_other_groups_are_another() {
    let other = Notification { group: "orders".to_owned(), ..firing() };
    let mut mails = Vec::new();
    for notification in [firing(), firing(), resolved(), other] {
        let (heard, _) = deliver(Manners::default(), "", &notification).await;
        mails.push(mail(&heard));
    }
    let all = |name| mails.iter().map(|mail| header(mail, name)).collect::<Vec<_>>();
    for name in ["In-Reply-To", "References"] {
        let threads = all(name);
        assert!(threads[0] == threads[2] && threads[0] != threads[3], "{threads:?}");
    }
    let ids = all("Message-ID");
    assert_eq!(ids[0], ids[1], "a mail that is sent twice is the same mail");
    assert!(ids[0] != ids[2] && ids[0] != ids[3], "{ids:?}");
}

#[tokio::test]
async fn no_text_becomes_a_header_or_ends_the_mail() {
    let mut notification = firing();
    notification.title = "down\r\nBcc: evil@example.com\r\n\r\n<script>".to_owned();
    notification.message = "a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n<b>bold</b>".to_owned();
    notification.group = "x\r\nX-Evil: 1".to_owned();
    let (heard, result) = deliver(Manners::default(), "", &notification).await;
    assert_eq!(result, Ok(()));
    let mail = mail(&heard);
    let (headers, body) = mail.split_once("\n\n").unwrap();
    assert_eq!(header(headers, "Subject"), "Subject: down Bcc: evil@example.com <script>");
    for line in headers.lines() {
        assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil"), "{headers}");
    }
    assert_eq!(heard.iter().filter(|line| *line == ".").count(), 1, "{heard:?}");
    assert!(body.contains("&lt;b&gt;bold&lt;/b&gt;") && body.contains("&lt;script&gt;"), "{body}");
}

#[tokio::test]
async fn who_has_a_password_logs_in() {
    let manners = Manners { extensions: &["AUTH PLAIN LOGIN"], to: None };
    let (heard, result) = deliver(manners, LOGIN, &firing()).await;
    assert_eq!(result, Ok(()));
    // "\0pizza\0canary-password" in base64.
    assert!(heard.contains(&"AUTH PLAIN AHBpenphAGNhbmFyeS1wYXNzd29yZA==".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn a_server_that_repeats_the_password_does_not_get_it_into_the_error() {
    let answer = "535 canary-password AHBpenphAGNhbmFyeS1wYXNzd29yZA== Y2FuYXJ5LXBhc3N3b3Jk is wrong";
    let manners = Manners { extensions: &["AUTH PLAIN"], to: Some(("AUTH", answer)) };
    let (heard, result) = deliver(manners, LOGIN, &firing()).await;
    let Err(DeliveryError::Permanent { why }) = result else { panic!("{result:?}") };
    assert!(why.contains("535") && why.contains("[redacted] [redacted] [redacted] is wrong"), "{why}");
    assert!(!heard.contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn a_no_for_now_is_temporary_and_a_no_for_good_is_permanent() {
    for command in ["MAIL", "RCPT", "DATA", "."] {
        let now = Manners { to: Some((command, "451 greylisted")), ..Manners::default() };
        let (_, result) = deliver(now, "", &firing()).await;
        assert!(
            matches!(&result, Err(DeliveryError::Temporary { why, .. }) if why.contains("greylisted")),
            "{command}: {result:?}"
        );
        let never = Manners { to: Some((command, "550 nobody here")), ..Manners::default() };
        let (_, result) = deliver(never, "", &firing()).await;
        assert!(
            matches!(&result, Err(DeliveryError::Permanent { why }) if why.contains("nobody here")),
            "{command}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_at_the_deadline() {
    for command in ["EHLO", "DATA", "."] {
        let silent = Manners { to: Some((command, "")), ..Manners::default() };
        let (_, result) = deliver(silent, "", &firing()).await;
        assert!(
            matches!(&result, Err(DeliveryError::Temporary { why, .. }) if why.contains("in time")),
            "{command}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_is_delivered_even_if_nobody_says_goodbye() {
    let silent = Manners { to: Some(("QUIT", "")), ..Manners::default() };
    let (heard, result) = deliver(silent, "", &firing()).await;
    assert_eq!(result, Ok(()));
    assert_eq!(heard.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn without_starttls_neither_password_nor_mail_leaves_the_house() {
    let server = SmtpServer::start(Manners { extensions: &["AUTH PLAIN"], to: None }).await;
    let notifier = notifier(&mail_to(server.address, "", LOGIN)).with_deadline(Duration::from_secs(60));
    let result = notifier.deliver("phone", &firing()).await;
    assert!(
        matches!(&result, Err(DeliveryError::Permanent { why }) if why.contains("STARTTLS")),
        "{result:?}"
    );
    let heard = server.heard().await;
    assert!(heard.len() == 1 && heard[0].starts_with("EHLO"), "{heard:?}");
}

#[tokio::test]
async fn a_server_without_a_certificate_gets_nothing() {
    for (scheme, manners) in [
        ("smtp", Manners { extensions: &["STARTTLS", "AUTH PLAIN"], to: Some(("STARTTLS", "220 go on")) }),
        ("smtps", Manners::default()),
    ] {
        let server = SmtpServer::start(manners).await;
        let toml = mail_to(server.address, "", LOGIN).replace("smtp://", &format!("{scheme}://"));
        let notifier = notifier(&toml).with_deadline(Duration::from_secs(60));
        let result = notifier.deliver("phone", &firing()).await;
        assert!(matches!(result, Err(DeliveryError::Temporary { .. })), "{scheme}: {result:?}");
        let heard = server.heard().await.join(" ");
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{scheme}: {heard}");
    }
}

#[tokio::test]
async fn nobody_there_is_temporary() {
    let server = SmtpServer::start(Manners::default()).await;
    let notifier = notifier(&mail_to(server.address, "?tls=none", ""));
    // The server takes one connection.
    assert_eq!(notifier.deliver("phone", &firing()).await, Ok(()));
    server.heard().await;
    let result = notifier.deliver("phone", &firing()).await;
    assert!(matches!(result, Err(DeliveryError::Temporary { .. })), "{result:?}");
}
