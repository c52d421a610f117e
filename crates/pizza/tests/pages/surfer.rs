//! Somebody with cookies and no browser, for what no browser would do.

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use std::{collections::BTreeMap, sync::Mutex};
use test_kit::{Reply, TestApp};
use url::Url;

/// A client with a cookie jar, which follows nothing.
pub struct Surfer {
    http: Client,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Surfer {
    pub fn at(app: &TestApp) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, base: app.base().clone(), cookies: Mutex::default() }
    }

    /// A request as a browser would send it, with its cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, self.base.join(path).unwrap()).header("accept", "text/html");
        request.header("cookie", line.join("; "))
    }

    /// Sends it, and keeps the cookies that come back.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let reply = Reply::read(request.send().await.unwrap()).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// The token of the forms on a page.
    pub async fn token(&self, path: &str) -> String {
        let page = self.get(path).await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// A form with these fields.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.request(Method::POST, path).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    pub async fn login(&self) {
        let token = self.token("/login").await;
        let fields =
            [("csrf", token.as_str()), ("email", "d@jwt.com"), ("password", "diner"), ("next", "/menu")];
        let reply = self.send(self.form("/login", &fields)).await.expect(303);
        assert_eq!(reply.header("location"), Some("/menu"));
    }

    pub fn cookie(&self, name: &str) -> String {
        self.cookies.lock().unwrap()[name].clone()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}
