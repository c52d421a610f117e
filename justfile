# What CI runs, by name. `scripts/test` needs no just.

# list the recipes
default:
    @just --list

# everything that CI runs
test:
    scripts/test

# format and lints
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# licences, bans and duplicates of dependencies
deny:
    scripts/deny

# the tests without the outage walks
unit:
    cargo test --workspace --locked --exclude pizza

# the outage walks: real processes, real signals
outage:
    cargo test -p pizza --locked

# every call of the OpenAPI document with random and nonsensical data, against the demo
fuzz *ARGS:
    cargo build --locked -p pizza
    scripts/schemathesis {{ARGS}}

# every parameter of every call with what sqlmap knows; half an hour, or `just sqlmap --bounded`
sqlmap *ARGS:
    cargo build --locked -p pizza
    scripts/sqlmap {{ARGS}}

# the whole system on this machine
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# the pictures of docs/pictures, by a real browser that walks through good and bad times
pictures:
    cargo test -p pizza --test pages --locked -- --ignored --exact pictures::the_pictures_are_made

# the benchmarks at full length; `just bench P3` for one
bench *BARS:
    cargo build --release --locked -p pizza -p bench
    target/release/bench {{BARS}}

# the same, short, only to see that they run
bench-short:
    cargo build --release --locked -p pizza -p bench
    target/release/bench --short

# what is too slow for CI: sqlmap, and the benchmarks at full length with the outage in real time
nightly: test (sqlmap "--bounded")
    target/release/bench --full
