//! The wire types that the pizza factory and its callers share.
//!
//! Names and spellings are those of the HTTP contract: camelCase, plain JSON numbers. Nothing here
//! does I/O; the URLs themselves are known to `factory-client` and `factory` only.

mod chaos;
mod error;
mod order;
mod pizza;
mod report_link;
mod vendor;

pub use chaos::{ChaosKind, ChaosRequest, UnknownChaos};
pub use error::{ErrorBody, Message};
pub use order::{Diner, Order, OrderItem, OrderRequest, OrderResponse};
pub use pizza::{
    Jwk, Jwks, PizzaClaims, PizzaHeader, VendorClaim, VerifiedPayload, VerifyRequest, VerifyResponse,
};
pub use report_link::ReportLink;
pub use vendor::{Connection, Vendor, VendorChaos, VendorExists};
