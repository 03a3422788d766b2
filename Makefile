# Each target first installs the Debian packages that it needs and that are missing, and says so.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
packages = @scripts/install-packages.sh
flags := $(shell . scripts/flags.sh && echo "$${flags[@]}")

.PHONY: demo build test test-unit test-libraries acceptance smoke test-release test-warm test-sentry-cost nightly check-deploy docs api-breakage image-chroot test-faults test-instances test-clients test-web test-browser man test-retrievers test-telemetry lint format bench walk bench-relay bench-memory bench-store bench-rag bench-retrieval bench-auth bench-peers instructions fuzz fuzz-auth fuzz-relay fuzz-transport sanitize mutate-auth autobahn attack chaos soak fleet bench-scale outage stranger bench-slow clean

# A debug build: the first one takes half as long as a release build, and one person's voice is no load.
demo:
	$(packages) demo
	@[ -d .build/repositories ] || echo "First build: dependencies are fetched and compiled once, about $$((600 / $$(nproc) + 60)) s on this machine; later builds take seconds."
	swift build $(flags) --product voice-server
	exec "$$(swift build --show-bin-path)/voice-server" demo

build:
	$(packages) build
	swift build -c release --product voice-server

# Real servers are started by the tests themselves, one test at a time: faults and outages are timed. `make test FILTER=Relay` runs a part.
test:
	$(packages) test
	swift test $(flags) --no-parallel $(if $(FILTER),--filter $(FILTER))

# Machines, parsers, codecs and routes, in parallel: no server, no process, no outage. Under a minute once built.
test-unit:
	$(packages) test
	swift test $(flags) --parallel --skip '^(IntegrationTests|VoiceHTTPTests)\.' \
	  --skip '^SessionStoreTests\.(UnderLoad|RedisConformanceTests|RedisLoginTests)'

# Every conformance, relay and admission test, built from sources that hold no server: what an embedder gets stands without it.
test-libraries:
	$(packages) test
	VOICE_PACKAGE_PART=libraries swift test $(flags) --scratch-path .build-libraries --no-parallel

# The built binary from outside (acceptance/): by stock clients, and by the tools of those who read what it exports.
acceptance: smoke test-release test-warm test-instances test-clients test-examples test-retrievers test-telemetry test-browser

# A typed and a spoken turn through the demo.
smoke:
	$(packages) smoke
	swift build $(flags) --product voice-server
	acceptance/smoke.py

# A release on App Platform, played: TLS Redis by its own authority, SIGTERM with sessions open, all of them resumed on the next instance.
test-release:
	$(packages) check-deploy
	swift build $(flags) --product voice-server
	acceptance/app_platform.py

# How soon sessions open with connections to upstream that wait for them, over a line that takes 30 ms.
test-warm:
	$(packages) smoke
	swift build $(flags) --product voice-server
	acceptance/warm.py

# What takes hours, each with its own end: a machine of its own and a night.
nightly: acceptance test-libraries docs api-breakage image-chroot check-deploy test-web test-clients-all test-sentry-cost test-faults walk chaos soak fleet outage stranger attack autobahn fuzz sanitize mutate-auth \
  bench bench-rag bench-auth bench-retrieval bench-slow bench-scale

# Outages and failovers of real servers under load, against strict time limits: leave the machine alone meanwhile. In CI, where it is
# not, times are judged as in `make test`. OUTAGE=600 for ten minutes without Redis.
test-faults:
	$(packages) test-faults
	VOICE_TEST_FAULTS=true VOICE_TEST_STRICT=$(if $(CI),false,true) VOICE_TEST_FIGURES=true VOICE_TEST_OUTAGE_SECONDS=$(or $(OUTAGE),2) \
	  swift test $(flags) --no-parallel --filter UnderLoad

# Two gateways on one Redis: 100 rounds of 200 attempts, lost replies, a gateway that is killed, endings from afar.
test-instances:
	$(packages) test-instances
	swift build $(flags) --product voice-server
	acceptance/instances.py $(if $(ROUNDS),--rounds $(ROUNDS) --lossy-rounds $(ROUNDS))

# Stock clients, by way of the gateway and without it: openai-python and openai-agents.
test-clients:
	$(packages) test-clients
	swift build $(flags) --product voice-server
	acceptance/stock_clients.py

.PHONY: test-examples
# The gateways of Examples/ with a Redis: openai-python, limits, a kill, a resume.
test-examples:
	$(packages) test-examples
	swift build $(flags) --product voice-server
	swift build $(flags) --package-path Examples --scratch-path .build-packages
	acceptance/examples.py

.PHONY: test-clients-all
# The same, and those that take longer to install: LiveKit's plugin and pipecat.
test-clients-all:
	$(packages) test-clients
	swift build $(flags) --product voice-server
	acceptance/stock_clients.py all

# Retrieval against a stand-in for Weaviate that validates every query and fails in every way.
test-retrievers:
	$(packages) test-retrievers
	swift build $(flags) --product voice-server
	acceptance/retrievers.py

# The browser client's types and unit tests, the React hook on a server, and the syntax of the other clients.
test-web:
	$(packages) test-web
	scripts/test-web.sh

# The demo page and the React example in headless Chromium and Firefox: a spoken turn, a barge-in, a drop, a refusal. `BROWSERS=firefox`.
test-browser:
	$(packages) test-browser
	swift build $(flags) --product voice-server
	acceptance/browser.sh $(BROWSERS)

# The manual page voice-server.1, of what --help says of each command and setting.
man:
	$(packages) man
	swift build $(flags) --product voice-server
	scripts/man.py "$$(swift build --show-bin-path)/voice-server" >voice-server.1

# What is told to Prometheus, OpenTelemetry, StatsD and Sentry, judged by their own tools, and nothing private in any of it; the dashboard
# in headless Chromium, under load.
test-telemetry:
	$(packages) test-telemetry
	swift build $(flags) --product voice-server
	acceptance/metrics.py
	acceptance/otlp.py
	acceptance/sentry.py
	acceptance/canary.py
	acceptance/dashboard.py

# What an ingest that refuses, hangs or is gone costs sessions.
test-sentry-cost:
	$(packages) test-telemetry
	swift build -c release --product voice-server
	VOICE_SERVER="$$(swift build -c release --show-bin-path)/voice-server" acceptance/sentry_cost.py

lint:
	$(packages) lint
	swift format lint --strict --parallel -r Sources Tests Examples Benchmarks Package.swift
	scripts/lint-language.py
	scripts/check-imports.py
	scripts/check-docs.py

# The documentation of every library, without a warning and without a public symbol that has no comment. The plugin is fetched for this alone.
libraries = VoiceCore VoiceAuth RateLimiting SessionStore RAGPrefetch DocumentIndex VoiceTransport VoiceHTTP VoiceTelemetry TelemetryExport \
  VoiceSimulator VoiceTesting VoiceGateway VoiceHummingbird
docs:
	$(packages) build
	VOICE_PACKAGE_DOCS=1 swift package $(flags) generate-documentation $(libraries:%=--target %) --warnings-as-errors
	scripts/check-symbols.py .build $(libraries)

# Breaks of the public API since the last tag, or since SINCE=REVISION. Without a tag there is nothing to break, and that is said.
api-breakage:
	$(packages) build
	since=$(or $(SINCE),$$(git describe --tags --abbrev=0 2>/dev/null || true)); \
	  [ -n "$$since" ] || { echo "This repository has no tag yet, so no public API was released; SINCE=REVISION compares with that."; exit 0; }; \
	  swift package $(flags) --scratch-path .build-api diagnose-api-breaking-changes "$$since"

# The image's files as the Dockerfile collects them, their size, and the server run from them alone, not root. Needs root itself.
image-chroot:
	$(packages) image-chroot
	scripts/deploy/static_build.sh .build-static .build-static/voice-server
	scripts/deploy/image_chroot.sh .build-static/voice-server

# The image's recipe, manifests, proxies' and Redis's files, each judged by its own checker.
check-deploy:
	$(packages) check-deploy
	swift build $(flags) --product voice-server
	scripts/check-deploy.sh "$$(swift build --show-bin-path)/voice-server"

format:
	swift format --parallel -i -r Sources Tests Examples Benchmarks Package.swift

bench: bench-relay bench-memory bench-store

# Random walks over the whole relay, further than a test run takes.
walk:
	$(packages) test
	VOICE_WALK_EVENTS=1000000 swift test $(flags) --no-parallel --filter RelayWalkTests

# CPU a relayed message, beside nginx, in one interleaved run.
bench-relay:
	$(packages) bench-relay
	scripts/bench-relay.sh

# Gateway memory with 1,000 idle sessions.
bench-memory:
	$(packages) bench-relay
	scripts/bench-memory.sh

# The Redis client over one connection, beside redis-benchmark in one run.
bench-store:
	$(packages) bench-store
	scripts/bench-store.sh

# What context adds to the wait for an answer, beside asking at the end.
bench-rag:
	$(packages) build
	scripts/bench-rag.sh

# Hits on public questions, as heard, beside bm25s in one run; EMBEDDINGS=1 measures vectors of a small model too.
bench-retrieval:
	$(packages) bench-retrieval
	scripts/bench-retrieval.sh

# What a flood of junk tokens does to sessions that run, and what verifying a token costs beside bare libcrypto.
bench-auth:
	$(packages) build
	scripts/bench-auth.sh
	swift run -c release --package-path Benchmarks/VoiceAuthBench --scratch-path .build-packages VoiceAuthBench

# The gateway beside nginx, HAProxy, a relay in FastAPI and LiteLLM's proxy, in one interleaved run. `DOCS=1` renews docs/benchmarks.md.
bench-peers:
	$(packages) bench-peers
	scripts/bench-peers.sh

# Instructions of single operations, against their limits: the same on a busy machine. `TOP=15` shows in which functions.
instructions:
	$(packages) instructions
	scripts/instructions.sh

# libFuzzer under AddressSanitizer on what reads a stranger's bytes, each target for FUZZ_SECONDS: ten minutes, in CI one.
FUZZ_SECONDS ?= $(if $(CI),60,600)
fuzz:
	$(packages) build
	scripts/fuzz.sh $(FUZZ_SECONDS)

fuzz-auth fuzz-transport fuzz-relay:
	$(packages) build
	scripts/fuzz.sh $(@:fuzz-%=%) $(FUZZ_SECONDS)

# AddressSanitizer on all tests, then on the server under strangers and a chaotic network. CI runs the thread sanitizer.
sanitize:
	$(packages) ci
	scripts/sanitize.sh

# Every check of VoiceAuth deleted in turn: each must make a test fail.
mutate-auth:
	$(packages) build
	scripts/mutate-auth.py

# VOICE_SERVER names a release binary that is there already; else one is built.
released = $(or $(VOICE_SERVER),$$(swift build -c release --show-bin-path)/voice-server)
release = $(if $(VOICE_SERVER),,swift build -c release --product voice-server)

# Many sessions while upstream and clients fail at random: `make chaos MINUTES=1 SESSIONS=20 SEED=7` is a short one, and with FAILOVER=120
# the master of Redis is replaced every two minutes.
chaos:
	$(packages) chaos
	$(release)
	acceptance/chaos.py "$(released)" \
	  --minutes $(or $(MINUTES),10) --sessions $(or $(SESSIONS),200) --seed $(or $(SEED),1) --failover $(or $(FAILOVER),0)

# A thousand sessions at the pace of speech for half an hour: nothing lost, nothing grows. `make soak MINUTES=2 SESSIONS=100` is a short one;
# CHUNK_MS=100 sends half as many messages, for a machine of two cores.
soak:
	$(packages) soak
	$(release)
	acceptance/soak.py "$(released)" \
	  --minutes $(or $(MINUTES),30) --sessions $(or $(SESSIONS),1000) --seed $(or $(SEED),1) --failover $(or $(FAILOVER),300) --chunk-ms $(or $(CHUNK_MS),50)

# Four instances in network namespaces behind HAProxy on a Redis Cluster: one is killed, its sessions go on. Namespaces need root.
fleet:
	$(packages) fleet
	$(release)
	acceptance/fleet.py "$(released)" --instances $(or $(INSTANCES),4) --sessions $(or $(SESSIONS),200) --seed $(or $(SEED),1)

# Redis stopped, then killed, for OUTAGE seconds under load, by way of two gateways.
outage:
	$(packages) chaos
	$(release)
	acceptance/outage.py "$(released)" --seconds $(or $(OUTAGE),600) --seed $(or $(SEED),1)

# A stranger's hour: random mutations of what clients send, while sessions talk. `make stranger MINUTES=2` is a short one.
stranger:
	$(packages) chaos
	$(release)
	acceptance/stranger.py "$(released)" --minutes $(or $(MINUTES),60) --sessions $(or $(SESSIONS),50) $(if $(SEED),--seed $(SEED))

# What one slow client costs the others.
bench-slow:
	$(packages) chaos
	swift build -c release --product voice-server
	acceptance/slow_client.py "$$(swift build -c release --show-bin-path)/voice-server" --sessions $(or $(SESSIONS),200)

# What a session, an opening and a fleet's stats cost an instance and Redis: the figures of docs/scaling.md.
bench-scale:
	$(packages) soak
	$(release)
	acceptance/scale.py "$(released)" --sessions $(or $(SESSIONS),100)

# Autobahn|Testsuite against both sides of the WebSocket layer.
autobahn:
	$(packages) autobahn
	acceptance/autobahn.py

# What strangers try: endless handshakes, floods, broken frames, races of endings, thousands of connects. Nothing may leak or hang.
attack:
	$(packages) attack
	swift build -c release --product voice-server
	VOICE_SERVER="$$(swift build -c release --show-bin-path)/voice-server" acceptance/attack.py

clean:
	rm -rf .build .build-*
