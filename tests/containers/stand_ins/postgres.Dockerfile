FROM debian:bookworm-slim
RUN apt-get -q update && apt-get -qy install --no-install-recommends gosu postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN install -d -o postgres -g postgres -m 0700 $PGDATA && install -d -o postgres /run/postgresql
COPY postgres.sh /usr/local/bin/entrypoint
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/entrypoint"]
CMD ["postgres"]
