# What a person needs: make run, make test. What a developer needs: make lint,
# make generate, make bench.

# The race detector needs a C compiler; without one the tests run without it.
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: run test lint generate bench build

run: ## run the example workflow over real weather data
	go run ./cmd/taskflow run weather --taskflow examples/weather

test: ## run all tests
	@command -v bash >/dev/null || { echo "the tests run commands with bash; please install it"; exit 1; }
	@test -n "$(RACE)" || echo "note: no C compiler found, so the race detector is off"
	go test $(RACE) ./...

lint: ## check formatting and run the linters
	go vet ./...
	go run $(GOLANGCI) run

generate: ## write the files that are made from code
	go generate ./...

bench: ## measure the hot paths
	go test -run '^$$' -bench . -benchmem ./...

build: ## build the binary into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/taskflow ./cmd/taskflow
