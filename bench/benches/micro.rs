//! How long the small steps take. How many instructions they and whole requests take: `bench micro`.

#[path = "../src/micro.rs"]
mod micro;

fn main() {
    divan::main();
}

#[divan::bench(args = 0..micro::STEPS.len())]
fn step(bencher: divan::Bencher, number: usize) {
    let (name, ready) = micro::STEPS[number];
    println!("{number}: {name}");
    bencher.bench_local(ready());
}
