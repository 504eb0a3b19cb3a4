# Thin aliases: each target is one cargo line. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help test test-all lint docs bench grade

help: ## this list
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run-%: ## run one program: make run-thread_server ARGS="--echo"
	cargo run -q -p $* -- $(ARGS)

test: ## every test but the heavy ones
	cargo test -q --workspace

test-all: ## the heavy tests only (minutes, gigabytes)
	cargo test -q --workspace -- --ignored $(ARGS)

lint: ## formatting and clippy, as CI runs them
	cargo fmt --all --check && cargo clippy -q --workspace --all-targets -- -D warnings

grade: ## grade every exercise: make grade ARGS="--repeat 3"; the results are target/grade.json and .xml
	cargo run -q -p grade -- --all --json target/grade.json --junit target/grade.xml $(ARGS)

bench: ## the text servers beside Python's and a bare epoll loop, in release (a minute)
	cargo run -q --release --manifest-path tests/bench/Cargo.toml

docs: ## the documentation of every crate, in target/doc
	RUSTDOCFLAGS="-D warnings" cargo doc -q --workspace --no-deps --document-private-items
