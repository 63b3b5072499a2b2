# One door: `make` prints what there is.
.DEFAULT_GOAL := help
.PHONY: help build test check fmt docs install bench run
PREFIX ?= /usr/local

help: ## print this
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## publish the native program and its names into out/bin
	@packaging/build

test: build ## run every test; ends with "N passed, N failed"
	@tests/run

check: ## formatting and a build without warnings
	dotnet format --verify-no-changes
	dotnet build -v quiet

fmt: ## format the source
	dotnet format

docs: build ## write docs/support.md, manual pages and completion from the program's tables
	@packaging/documents

install: docs ## install under PREFIX (/usr/local), with DESTDIR before it
	@packaging/install "$(PREFIX)"

bench: build ## compare with the rivals; prints tables
	@bench/run

run: ## boot Debian's kernel under `xl create -c` (installs what is missing)
	@examples/first-light
