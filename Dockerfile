# Images of both services and the binaries, out of one build of the workspace:
#   docker build --target gateway . · docker build --target executor . · docker build --target binaries --output dist .

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-bookworm AS build
WORKDIR /src
ARG TARGETARCH
COPY . .
# The caches keep downloaded and compiled dependencies from one build to the next. They remember times, not contents, and
# a file of another checkout may be older than what was built from this one: so each build sees our own files as new.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,id=puppet-master-target-${TARGETARCH},sharing=locked \
    find crates gateway executor vendor -type f -exec touch {} + \
    && cargo build --profile dist --locked --bin puppet-master-gateway --bin puppet-master-executor --bin puppet-master \
    && install --directory /out \
    && install target/dist/puppet-master-gateway target/dist/puppet-master-executor target/dist/puppet-master /out

FROM scratch AS binaries
COPY --from=build /out /

FROM debian:bookworm-slim AS gateway
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home puppet \
    && install --directory --owner puppet --group puppet --mode 700 /var/lib/puppet-master/files
COPY --from=build /out/puppet-master-gateway /usr/local/bin/puppet-master-gateway
USER puppet
ENV LISTEN_PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$LISTEN_PORT && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["tini", "--", "puppet-master-gateway"]

FROM debian:bookworm-slim AS executor
# Fonts: noto-core has Arabic, Hebrew, Thai and most other scripts, noto-cjk Chinese, Japanese and Korean; liberation
# stands in for the fonts that web pages name most often. fontconfig makes the cache that a browser's first page would
# otherwise wait for.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        chromium-headless-shell \
        fontconfig \
        fonts-liberation \
        fonts-noto-cjk \
        fonts-noto-color-emoji \
        fonts-noto-core \
        tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home puppet \
    && install --directory --owner puppet --group puppet --mode 700 /var/lib/puppet-master/files
COPY --from=build /out/puppet-master-executor /usr/local/bin/puppet-master-executor
USER puppet
ENV LANG=C.UTF-8 CHROMIUM_EXECUTABLE=/usr/bin/chromium-headless-shell STATUS_PORT=3001
EXPOSE 3001
# Healthy is an executor with its broker and a Chromium that has started.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$STATUS_PORT && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["tini", "--", "puppet-master-executor"]
