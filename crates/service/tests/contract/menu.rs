//! The menu.

use serde_json::json;
use test_kit::TestApp;

#[tokio::test]
async fn the_menu_is_open_to_all_and_prices_are_numbers() {
    let app = TestApp::start(|_| {}).await;
    let menu = app.visitor().get("/api/order/menu").await.expect(200);
    assert_eq!(menu.header("content-type"), Some("application/json"));
    let items = json!([
        { "id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight" },
        { "id": 2, "title": "Pepperoni", "image": "pizza2.png", "price": 0.0042, "description": "Spicy treat" },
        { "id": 3, "title": "Margarita", "image": "pizza3.png", "price": 0.0042, "description": "Essential classic" },
        { "id": 4, "title": "Crusty", "image": "pizza4.png", "price": 0.0028, "description": "A dry mouthed favorite" },
        { "id": 5, "title": "Charred Leopard", "image": "pizza5.png", "price": 0.0099, "description": "For those with a darker side" },
    ]);
    assert_eq!(menu.body, items);
}

#[tokio::test]
async fn a_price_of_one_satoshi_is_shown_exactly() {
    let app = TestApp::start(|_| {}).await;
    let price = domain::Bitcoin::from_satoshi(1);
    let [title, image, description] = ["Crumb", "crumb.png", "One"].map(str::to_owned);
    app.store().add_menu_item(domain::NewMenuItem { title, image, price, description }).await.unwrap();
    let crumb = test_kit::eventually("the new pizza is on the menu", async || {
        let menu = app.visitor().get("/api/order/menu").await.expect(200);
        menu.body.as_array().unwrap().get(5).cloned()
    });
    assert_eq!(crumb.await["price"], json!(0.000_000_01));
}
