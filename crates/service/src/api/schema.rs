//! Schemas of what has a form of its own in JSON.

use domain::{Bitcoin, OrderState};
use utoipa::openapi::{
    ArrayBuilder, OneOfBuilder, RefOr,
    schema::{Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type},
};

/// An amount of bitcoin: a plain number, as the historic clients need it.
pub fn bitcoin() -> Object {
    #[expect(clippy::cast_precision_loss, reason = "2.1e7")]
    let most = (Bitcoin::MAX.satoshi() / 100_000_000) as f64;
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0.0))
        .maximum(Some(most))
        .description(Some("An amount in bitcoin, with at most 8 decimals."))
        .build()
}

/// What a pizza may cost: the historic schema has two digits before the point.
pub fn price() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0.0))
        .exclusive_maximum(Some(100.0))
        .multiple_of(Some(0.000_000_01))
        .description(Some("A price in bitcoin, below 100 and with at most 8 decimals."))
        .build()
}

/// An id in a body: a number, or the same in quotes, as some historic clients send it.
pub fn id() -> Schema {
    let number =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::Custom("int64".into())));
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^-?[0-9]{1,18}$"));
    OneOfBuilder::new().item(number).item(text).description(Some("An id, as a number or in quotes.")).into()
}

/// A point in time: RFC 3339, in UTC.
pub fn timestamp() -> Object {
    date_time(Type::String.into())
}

/// The same, or null while it has not come.
pub fn timestamp_or_null() -> Object {
    date_time(SchemaType::from_iter([Type::String, Type::Null]))
}

fn date_time(kind: SchemaType) -> Object {
    ObjectBuilder::new().schema_type(kind).format(Some(SchemaFormat::Custom("date-time".into()))).build()
}

/// Where an order stands.
pub fn order_status() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(OrderState::ALL.map(OrderState::as_str)))
        .description(Some("Where the order stands."))
        .build()
}

/// The pizzas of an order that was just placed, at the menu's titles and prices.
pub fn ordered_items() -> Schema {
    let whole =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::Custom("int64".into())));
    let item = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("menuId", whole)
        .property("description", ObjectBuilder::new().schema_type(Type::String))
        .property("price", bitcoin())
        .required("menuId")
        .required("description")
        .required("price");
    ArrayBuilder::new().items(item).into()
}

/// A page number as it was asked for: the number 1 when it was not, else what was sent.
pub fn echoed_page() -> RefOr<Schema> {
    let kinds = SchemaType::from_iter([Type::Integer, Type::String]);
    ObjectBuilder::new()
        .schema_type(kinds)
        .description(Some("1 when no page was sent, else what was sent."))
        .into()
}
