# syntax=docker/dockerfile:1
# The server, what reads PDF and DOCX of RAG_DOCUMENTS, and the files that these open: no shell, not root, nothing to write.
#   docker build -t voice-server .
#   docker run --rm -p 8080:8080 --read-only --env-file .env voice-server

FROM swift:6.2-bookworm AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcurl4-openssl-dev libhiredis-dev libsqlite3-dev libssl-dev libstemmer-dev python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies are fetched once for each Package.swift, whatever changes in Sources.
COPY Package.swift Package.resolve[d] ./
RUN swift package resolve
COPY scripts/deploy/icu_data.py scripts/deploy/static_build.sh scripts/deploy/
COPY Sources Sources
COPY clients/web/voice-realtime.js clients/web/voice-realtime.js
COPY Tests Tests
RUN scripts/deploy/static_build.sh .build /out/voice-server

FROM debian:bookworm-slim AS files
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates libcurl4 libhiredis0.14 libsqlite3-0 libssl3 libstemmer0d poppler-utils unzip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/voice-server /usr/local/bin/voice-server
COPY LICENSE NOTICE /usr/share/licenses/voice-realtime/
COPY scripts/deploy/image_files.sh /src/
RUN /src/image_files.sh /files

FROM scratch
COPY --from=files /files/ /
USER 10001:10001
ENV PATH=/usr/local/bin:/usr/bin HOST=0.0.0.0 PORT=8080 LOG_FORMAT=json
EXPOSE 8080
# Above VOICE_DRAIN_DELAY_SECONDS + VOICE_DRAIN_SECONDS: docker stop --time 40, terminationGracePeriodSeconds: 60.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["voice-server", "probe", "/livez"]
ENTRYPOINT ["voice-server"]
CMD ["run"]
