//! The pictures in docs/pictures and README.md: `just pictures` makes them again after a page has changed.

use crate::{Browser, outage::close_the_kitchen};
use serde_json::json;
use std::{fs, path::Path, process::Command, time::Duration};
use test_kit::TestApp;

/// Makes a PNG a third as big, with colours that nobody misses.
const QUANTISER: &str = "/usr/bin/pngquant";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures");
/// Every page is taken in these windows.
const WINDOWS: [(&str, u32, u32); 2] = [("desktop", 1280, 800), ("phone", 390, 844)];
/// In light colours always, and these in dark ones too.
const DARK: [&str; 4] = ["menu-desktop", "delivery-phone", "kitchen-desktop", "operations-phone"];
/// Everybody who clones the repository has them all: bytes.
const MOST: u64 = 1_500_000;
/// Pictures of what has come to rest.
const SETTLE: &str = "const done = arguments[0]; \
    Promise.all([document.fonts.ready, ...[...document.images].map((image) => image.decode().catch(() => {}))]).then(() => { \
    document.getAnimations().forEach((moving) => { try { moving.finish() } catch { moving.cancel() } }); \
    setTimeout(done, 200) })";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes the pictures of docs/pictures"]
async fn the_pictures_are_made() {
    assert!(Path::new(QUANTISER).exists(), "{QUANTISER} is missing: apt-get install pngquant");
    fs::create_dir_all(FOLDER).unwrap();
    let app = TestApp::start(|config| {
        // As long as the walk takes: nothing is tried meanwhile, and every picture shows the same.
        let walk = Duration::from_secs(110);
        (config.circuit.open, config.circuit.open_max) = (walk, walk);
        config.alerts.speed = 30;
    })
    .await;
    Browser::walk(&app, async |browser| {
        browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        browser.register("Ada Lovelace").await;
        order(browser, &[1]).await;
        let delivered = order(browser, &[2, 4]).await;
        browser.says(".delivery h2", "Delivered!").await;
        put_in_cart(browser, &[1, 2, 2]).await;
        for (name, path) in [("menu", "/menu"), ("delivered", &delivered)] {
            take(browser, name, path).await;
        }

        close_the_kitchen(&app).await;
        take(browser, "closed", "/pay").await;
        let waiting = browser.pay().await;
        browser.says(".delivery h2", "Your order is safe").await;
        for (name, path) in [("delivery", waiting.as_str()), ("kitchen", "/kitchen"), ("orders", "/orders")] {
            take(browser, name, path).await;
        }
    })
    .await;
    // By now the alert is Alerting.
    Browser::walk(&app, async |browser| {
        browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        browser.login("a@jwt.com", "admin", "/operations").await;
        for (name, path) in [("operations", "/operations"), ("incident", "/operations/incidents/1")] {
            take(browser, name, path).await;
        }
    })
    .await;
    let bytes: u64 = fs::read_dir(FOLDER).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < MOST, "docs/pictures has {bytes} bytes");
}

async fn order(browser: &Browser, pizzas: &[i64]) -> String {
    put_in_cart(browser, pizzas).await;
    browser.pay().await
}

async fn put_in_cart(browser: &Browser, pizzas: &[i64]) {
    for pizza in pizzas {
        browser.choose(*pizza).await;
    }
}

/// The top of a page, in each window.
async fn take(browser: &Browser, name: &str, path: &str) {
    for (window, width, height) in WINDOWS {
        browser.be_sized(width, height).await;
        for scheme in ["light", "dark"] {
            let name = format!("{name}-{window}");
            let file = match scheme {
                "light" => format!("{name}.png"),
                _ if DARK.contains(&name.as_str()) => format!("{name}-dark.png"),
                _ => continue,
            };
            browser.prefer(scheme).await;
            browser.open(path).await;
            browser.script_that_waits(SETTLE).await;
            save(&Path::new(FOLDER).join(file), &browser.screenshot().await);
        }
    }
    let (_, width, height) = WINDOWS[0];
    browser.be_sized(width, height).await;
}

fn save(file: &Path, png: &[u8]) {
    fs::write(file, png).unwrap();
    let arguments = ["--force", "--strip", "--ext", ".png", "--"];
    let status = Command::new(QUANTISER).args(arguments).arg(file).status().unwrap();
    assert!(status.success(), "pngquant of {}: {status}", file.display());
}
