# Two stages: one that builds, one that has the binary and the libraries it loads.
FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages first: they change less often than the sources.
COPY dev ./
COPY cmake/packages.txt cmake/
RUN ./dev setup build && rm -rf /var/lib/apt/lists/*
COPY . .
# Function names stay, for the trace of a crash.
RUN ./dev build && strip --strip-debug -o /spillway build/release/spillway

FROM debian:bookworm-slim
# libvips loads the formats that this service does not read (PDF, HEIF, JPEG XL, slides, ImageMagick's)
# as modules. They go, with what only they need: 60 MB, and parsers that strangers' bytes never reach.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libboost-url1.81.0 libprometheus-cpp-core1.0 libspdlog1.10 libssl3 libsystemd0 libvips42 libyaml-cpp0.7 \
    && rm -rf /usr/lib/*/vips-modules-* \
    && dpkg --purge --force-depends \
        fonts-dejavu-core imagemagick-6-common libaom3 libdav1d6 libde265-0 \
        libgdk-pixbuf2.0-common libheif1 libhwy1 libjxl0.7 liblqr-1-0 libltdl7 \
        libmagickcore-6.q16-6 libnspr4 libnss3 libnuma1 libopenslide0 libpoppler126 \
        libpoppler-glib8 libsqlite3-0 libx265-199 shared-mime-info \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/fontconfig /var/log/apt /var/log/dpkg.log
COPY --from=build /spillway /usr/local/bin/spillway
# A library that is missing is an error of this build, not of the first start.
RUN spillway version
USER 10001:10001
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["spillway", "probe"]
ENTRYPOINT ["spillway"]
CMD ["serve"]
