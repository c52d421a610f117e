//! P5: from order to verified pizza, our factory on the same cores ÷ what one core can sign.

use crate::{
    bench::Bench,
    load::{Load, closed_loop},
    row::{Row, Series, Threshold},
    site::{self, with_factory},
};
use anyhow::anyhow;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use std::time::Instant;

/// Orders a second of the historic service and its factory (RSA-4096) on such a machine.
const HISTORIC: f64 = 72.0;
/// About as long as what is signed of a pizza.
const TO_BE_SIGNED: [u8; 600] = [b'.'; 600];

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (pizzas, signatures) = pizzas_and_signatures(bench, 2048, KeySize::Rsa2048)?;
    let (large_pizzas, _) = pizzas_and_signatures(bench, 4096, KeySize::Rsa4096)?;
    let row = |what: &str, ours: &Series, other, threshold| Row {
        bar: "P5",
        what: what.to_owned(),
        ours: ours.clone(),
        other,
        threshold,
    };
    Ok(vec![
        row(
            "pizzas, RSA-2048 ÷ signatures of one core",
            &pizzas,
            Some(signatures),
            Threshold::RatioAtLeast(0.40),
        ),
        row("pizzas, RSA-2048: 20 × historic", &pizzas, None, Threshold::AtLeast(20.0 * HISTORIC)),
        row("pizzas, RSA-4096: 4 × historic", &large_pizzas, None, Threshold::AtLeast(4.0 * HISTORIC)),
    ])
}

fn pizzas_and_signatures(bench: &Bench, rsa_bits: u32, size: KeySize) -> anyhow::Result<(Series, Series)> {
    bench.step(&format!("RSA-{rsa_bits}"));
    let factory = site::factory(bench, rsa_bits)?;
    let service = bench.service(&with_factory(factory.address))?;
    let requests = bench.site()?.orders();
    let load =
        Load { target: service.address, requests: &requests, warm_up: bench.warm_up(), span: bench.span };
    let key = RsaKeyPair::generate(size).map_err(|_| anyhow!("no RSA key was made"))?;
    let (ours, other) =
        bench.in_turns(|| Ok(closed_loop(&load)?.per_second(200)), || signatures_per_second(bench, &key))?;
    Ok((Series::new("pizzas/s", ours), Series::new("signatures/s", other)))
}

/// One thread, the key parsed once.
fn signatures_per_second(bench: &Bench, key: &RsaKeyPair) -> anyhow::Result<f64> {
    let random = SystemRandom::new();
    let mut signature = vec![0; key.public_modulus_len()];
    let begun = Instant::now();
    let mut made = 0_u32;
    while begun.elapsed() < bench.span {
        key.sign(&RSA_PKCS1_SHA256, &random, &TO_BE_SIGNED, &mut signature)
            .map_err(|_| anyhow!("nothing was signed"))?;
        made += 1;
    }
    Ok(f64::from(made) / begun.elapsed().as_secs_f64())
}
