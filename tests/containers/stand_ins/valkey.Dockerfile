FROM debian:bookworm-slim
RUN groupadd -r -g 999 valkey && useradd -r -g valkey -u 999 valkey \
 && apt-get -q update && apt-get -qy install --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* && install -d -o valkey -g valkey /data \
 && ln -s /usr/bin/redis-server /usr/local/bin/valkey-server \
 && ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli
VOLUME /data
WORKDIR /data
