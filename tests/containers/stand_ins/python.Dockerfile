FROM debian:bookworm-slim
RUN apt-get -q update && apt-get -qy install --no-install-recommends \
      ca-certificates python3 python3-venv tzdata \
 && rm -rf /var/lib/apt/lists/* && ln -s /usr/bin/python3 /usr/local/bin/python
