//! The way to a pizza with nothing but a keyboard.

use crate::Browser;
use test_kit::TestApp;
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn a_pizza_can_be_ordered_with_the_keyboard_alone() {
    let app = TestApp::start(|_| {}).await;
    let enter = || Key::Enter;
    Browser::walk(&app, async |browser| {
        browser.open("/").await;
        browser.tab_to(".skip").await;
        browser.tab_to("main a[href='/menu']").await;
        browser.press(enter()).await;
        browser.says("h1", "Menu").await;
        browser.tab_to("#pizza-2 button").await;
        browser.press(enter()).await;
        browser.says("#cart", "Pepperoni").await;
        // The focus stays where it was, and on the stepper while the cart changes under it.
        browser.tab_to("#more-2").await;
        browser.press(enter()).await;
        browser.says("#cart", "0.0084").await;
        browser.press(enter()).await;
        browser.says("#cart", "0.0126").await;
        browser.tab_to("#cart a[href='/pay']:not(.pay-bar)").await;
        browser.press(enter()).await;

        browser.says("h1", "Sign in").await;
        browser.tab_to("#email").await;
        browser.press("d@jwt.com").await;
        browser.tab_to("#password").await;
        browser.press("diner").await;
        browser.press(enter()).await;
        browser.says("h1", "Check out").await;
        browser.tab_to("#store").await;
        browser.tab_to("main form .button").await;
        browser.press(enter()).await;
        browser.says(".delivery h2", "Delivered!").await;
        browser.tab_to(".delivery a[href$='/verify']").await;
        browser.press(enter()).await;
        browser.says(".verdict", "A real pizza").await;
    })
    .await;
}
