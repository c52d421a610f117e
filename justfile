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
    cargo test --workspace --locked --exclude pizza --exclude proof --exclude simulation

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

# the fulfilment core in a simulated world; `just simulate 5000000` for the long form
simulate SEEDS="100000":
    cargo run --release --locked -p simulation -- --threads 2 --seeds {{SEEDS}}

# real kills, a full disk, cut networks: the long forms
proof:
    cargo build --release --locked -p pizza -p proof
    target/release/proof kills --database sqlite --kills 200
    target/release/proof kills --database mariadb --kills 200
    target/release/proof kills --database mariadb --kill both --kills 60
    target/release/proof disk-full
    target/release/proof cuts --database mariadb

# an hour of load: memory, files, threads and tasks stay flat
soak:
    cargo build --release --locked -p pizza -p proof
    target/release/proof soak --for 1h

# the program broken on purpose, in a copy: each break must be noticed
mutations *ARGS:
    cargo run --locked -p mutations -- {{ARGS}}

# every parser of outside bytes under libFuzzer, so many seconds each
fuzz-parsers SECONDS="300":
    scripts/fuzz {{SECONDS}}

# the parts list of the program
sbom:
    scripts/sbom

# what is too slow for CI; half a day
nightly: test (simulate "5000000") proof soak mutations fuzz-parsers (sqlmap "--bounded")
    target/release/bench --full
    scripts/reproducible
