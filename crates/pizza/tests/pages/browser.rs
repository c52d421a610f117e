//! One browser, for one test.

use futures::FutureExt;
use serde_json::{Value, json};
use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    path::Path,
    process::{Child, Command, Stdio},
};
use test_kit::{TestApp, eventually, free_port};
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, Key, LoggingPrefsLogLevel, WebDriver, WebElement,
};
use tokio::sync::Semaphore;
use url::Url;

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
/// A browser needs a processor to itself; more at once are slower than one after the other.
static ROOM: Semaphore = Semaphore::const_new(2);

/// A browser with nothing in it, looking at one service.
pub struct Browser {
    driver: WebDriver,
    base: Url,
}

/// Kills the driver at the end, whatever happens.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Opens a browser for this walk, and closes it after, also when the walk fails.
    pub async fn walk(app: &TestApp, walk: impl AsyncFnOnce(&Browser)) {
        Self::walk_with(app.base(), true, walk).await;
    }

    /// The same without JavaScript.
    pub async fn walk_without_scripts(app: &TestApp, walk: impl AsyncFnOnce(&Browser)) {
        Self::walk_with(app.base(), false, walk).await;
    }

    /// The same at any service.
    pub async fn walk_at(base: &Url, walk: impl AsyncFnOnce(&Browser)) {
        Self::walk_with(base, true, walk).await;
    }

    async fn walk_with(base: &Url, scripts: bool, walk: impl AsyncFnOnce(&Browser)) {
        let _room = ROOM.acquire().await.unwrap();
        for (program, package) in [(CHROMIUM, "chromium"), (DRIVER, "chromium-driver")] {
            assert!(Path::new(program).exists(), "{program} is missing: apt-get install {package}");
        }
        let port = free_port().unwrap();
        let _driver = Driver(
            Command::new(DRIVER)
                .arg(format!("--port={port}"))
                .env("NO_PROXY", "*")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let at = format!("http://127.0.0.1:{port}");
        let driver = eventually("the driver starts a browser", async || {
            WebDriver::new(at.as_str(), capabilities(scripts)).await.ok()
        })
        .await;
        let browser = Self { driver, base: base.clone() };
        let walked = AssertUnwindSafe(walk(&browser)).catch_unwind().await;
        if walked.is_err() {
            browser.tell().await;
        }
        browser.driver.quit().await.unwrap();
        walked.unwrap_or_else(|panic| resume_unwind(panic));
    }

    /// What a failed walk was looking at.
    async fn tell(&self) {
        println!("at {:?}", self.driver.current_url().await.ok().map(String::from));
        println!("{}", self.driver.source().await.unwrap_or_default());
        if let Ok(folder) = std::env::var("PAGES_SCREENSHOTS") {
            let _ = self.driver.screenshot(&Path::new(&folder).join("failed.png")).await;
        }
    }

    /// Opens a page of ours.
    pub async fn open(&self, path: &str) {
        self.driver.goto(self.base.join(path).unwrap().as_str()).await.unwrap();
    }

    /// The path of the page that is open.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// The element, once it is there.
    pub async fn element(&self, css: &str) -> WebElement {
        eventually(&format!("{css} is there"), async || self.driver.find(By::Css(css)).await.ok()).await
    }

    /// Whether there is such an element now.
    pub async fn has(&self, css: &str) -> bool {
        self.driver.find(By::Css(css)).await.is_ok()
    }

    /// The text of an element, once it is there.
    pub async fn text(&self, css: &str) -> String {
        eventually(&format!("{css} has a text"), async || {
            self.driver.find(By::Css(css)).await.ok()?.text().await.ok()
        })
        .await
    }

    /// Waits until an element says this.
    pub async fn says(&self, css: &str, text: &str) {
        eventually(&format!("{css} says {text:?}"), async || {
            let found = self.driver.find(By::Css(css)).await.ok()?.text().await.ok()?;
            found.contains(text).then_some(())
        })
        .await;
    }

    /// Clicks, once that is possible.
    pub async fn click(&self, css: &str) {
        eventually(&format!("{css} can be clicked"), async || {
            self.driver.find(By::Css(css)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: impl Into<thirtyfour::TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Tabs on until this has the focus, and can be seen to have it.
    pub async fn tab_to(&self, css: &str) {
        for _ in 0..80 {
            self.press(Key::Tab).await;
            let focused = format!(
                "const at = document.activeElement; return at.matches({css:?}) && \
                 getComputedStyle(at).outlineStyle !== 'none'"
            );
            if self.script(&focused).await == json!(true) {
                return;
            }
        }
        panic!("the tab key does not get to {css}");
    }

    /// Runs a script in the page, and gives what it returns.
    pub async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.unwrap().json().clone()
    }

    /// Runs a script that hands what it has to say to `arguments[0]`.
    pub async fn script_that_waits(&self, script: &str) -> Value {
        self.driver.execute_async(script, vec![]).await.unwrap().json().clone()
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    /// Prefers light or dark colours from now on.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Has a window of this size from now on.
    pub async fn be_sized(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What is in the window, as a PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.unwrap()
    }

    /// Whether the page was answered with this status.
    pub async fn status(&self) -> Value {
        self.script("return performance.getEntriesByType('navigation')[0].responseStatus").await
    }

    /// How much what is on the page has moved by itself so far (Cumulative Layout Shift).
    pub async fn shift(&self) -> f64 {
        let sum = "const done = arguments[0]; let sum = 0; \
                   new PerformanceObserver((list) => { for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value })\
                   .observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 100)";
        self.script_that_waits(sum).await.as_f64().unwrap()
    }

    /// The browser refused nothing of what pages wanted to do, and no script failed.
    pub async fn has_nothing_to_complain_about(&self) {
        for line in self.driver.browser_log().await.unwrap() {
            let about = format!("{:?} {}", line.source, line.message);
            let ours = about.contains("Security Policy")
                || about.contains("security")
                || about.contains("javascript");
            assert!(!ours, "{about}");
        }
    }

    /// A picture of the whole page for people to look at, if they say where to put it.
    pub async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("PAGES_SCREENSHOTS") else { return };
        for (scheme, width, height) in [("dark", 390, 844), ("light", 1280, 900)] {
            self.prefer(scheme).await;
            self.be_sized(width, height).await;
            let tall =
                self.script("return document.documentElement.scrollHeight").await.as_u64().unwrap_or(0);
            self.be_sized(width, height.max(u32::try_from(tall).unwrap_or(height).min(4000))).await;
            let file = Path::new(&folder).join(format!("{name}-{scheme}-{width}.png"));
            self.driver.screenshot(&file).await.unwrap();
        }
        self.be_sized(1280, 900).await;
    }

    /// Signs in, and goes on from this page.
    pub async fn login(&self, email: &str, password: &str, next: &str) {
        self.open(&format!("/login?next={next}")).await;
        self.fill("#email", email).await;
        self.fill("#password", password).await;
        self.click("main form .button").await;
        eventually("they are signed in", async || (self.path().await == next).then_some(())).await;
    }

    /// Registers somebody new, from wherever they are.
    pub async fn register(&self, name: &str) {
        self.open("/register").await;
        self.fill("#name", name).await;
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        self.fill("#email", &email).await;
        self.fill("#password", "a good long passphrase").await;
        self.click("main form button").await;
        self.says(".toast", &format!("Welcome, {name}!")).await;
    }

    /// Puts one of these into the cart.
    pub async fn choose(&self, pizza: i64) {
        self.open("/menu").await;
        let before = self.text("#cart-count .count").await;
        self.click(&format!("#pizza-{pizza} button")).await;
        eventually("the cart has one more", async || {
            (self.text("#cart-count .count").await != before).then_some(())
        })
        .await;
    }

    /// Pays for what is in the cart, and gives the order's path.
    pub async fn pay(&self) -> String {
        self.open("/pay").await;
        self.click("main form .button").await;
        eventually("the order is taken", async || {
            Some(self.path().await).filter(|path| path.starts_with("/orders/"))
        })
        .await
    }

    /// Cookies, to put into another browser.
    pub async fn cookies(&self) -> Vec<thirtyfour::Cookie> {
        self.driver.get_all_cookies().await.unwrap()
    }

    /// Has these cookies, as after a restart.
    pub async fn take_cookies(&self, cookies: Vec<thirtyfour::Cookie>) {
        self.open("/livez").await;
        for cookie in cookies {
            assert!(cookie.expiry.is_some(), "it would not survive the browser: {}", cookie.name);
            self.driver.add_cookie(cookie).await.unwrap();
        }
    }
}

fn capabilities(scripts: bool) -> impl Into<thirtyfour::Capabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    chrome.set_binary(CHROMIUM).unwrap();
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--no-proxy-server",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ] {
        chrome.add_arg(argument).unwrap();
    }
    if !scripts {
        let settings = json!({ "profile.managed_default_content_settings.javascript": 2 });
        chrome.add_experimental_option("prefs", settings).unwrap();
    }
    chrome.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    chrome
}
