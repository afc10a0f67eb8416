FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ cmake ninja-build libpoco-dev libboost-program-options-dev libssl-dev libfmt-dev zlib1g-dev catch2 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The tests that need no server run here; an image whose units fail is not made.
RUN cmake --preset release -DBACKFILL_TESTS=ON \
 && cmake --build --preset release --target freshchat-backfill unit_tests \
 && build/release/test/unit_tests \
 && cmake --install build/release --prefix /out --strip

# `docker build --target package`: the Debian package, in /packages. The image does not need it.
FROM build AS package
RUN apt-get update \
 && apt-get install -y --no-install-recommends dpkg-dev file \
 && rm -rf /var/lib/apt/lists/* \
 && cpack --config build/release/CPackConfig.cmake -B /packages \
 && rm -r /packages/_CPack_Packages

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    libpoconetssl80 libpocojson80 libpocoutil80 libboost-program-options1.74.0 ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --from=build /out/bin/freshchat-backfill /usr/local/bin/
# A bill of materials: docker run --rm --entrypoint cat IMAGE /usr/share/doc/freshchat-backfill/sbom.cdx.json
RUN --mount=type=bind,from=build,source=/src/scripts,target=/scripts \
    mkdir -p /usr/share/doc/freshchat-backfill \
 && version=$(freshchat-backfill --version) \
 && sh /scripts/sbom "${version#* }" >/usr/share/doc/freshchat-backfill/sbom.cdx.json
LABEL org.opencontainers.image.title="freshchat-backfill" \
      org.opencontainers.image.description="Fills the gaps of a Supabase Message table from Freshchat" \
      org.opencontainers.image.version="0.1.0"
# A number, so that Kubernetes can tell that it is not root. Nothing is written to disk: --read-only --cap-drop ALL is fine.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/freshchat-backfill"]
