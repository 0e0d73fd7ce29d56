# The steps of .ci/run by name. `just` alone lists them.

default:
    @just --list --unsorted

# Whether everything is formatted
fmt:
    .ci/run fmt

# Lints, warnings as errors
clippy:
    .ci/run clippy

# All tests that need neither root nor a lab
test:
    cargo test

# The documentation, warnings as errors
doc:
    .ci/run doc

# Licences, banned crates, sources
deny:
    .ci/run deny

# A release build
release:
    .ci/run release

# The table of figures, with what is aimed at: frames, start, memory, size, handshakes
bench:
    .ci/run bench

# Simulated Pis in the full-screen face: just rehearse --nodes 5 --speed 10
rehearse *args:
    cargo run --release -- rehearse {{args}}

# Real LXD in namespaces, as root: just lab three
lab *cases: release
    tests/lab/run.sh {{cases}}

# Everything, as CI does it
ci:
    .ci/run
