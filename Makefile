.PHONY: test check

test: check
	cargo test --locked

check:
	cargo fmt --check
