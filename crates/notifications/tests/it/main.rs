//! Deliveries to receivers that behave, that fail, and that say too much.
#![allow(clippy::unwrap_used)]

mod alertmanager;
mod config;
mod email;
mod http_receiver;
mod payloads;
mod samples;
mod smtp_server;
mod tls;
mod webhook;
