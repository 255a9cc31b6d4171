# What the official image does at its first start: a cluster, a user, a database, what is laid beside.
set -eu
if [ "$(id -u)" = 0 ]; then
  chown postgres "$PGDATA"
  exec gosu postgres sh "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  initdb -U "${POSTGRES_USER:=postgres}" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 -E UTF8 >/dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -w start -o '-c listen_addresses=' >/dev/null
  createdb -U "$POSTGRES_USER" "${POSTGRES_DB:-$POSTGRES_USER}"
  for file in /docker-entrypoint-initdb.d/*.sh; do
    [ ! -e "$file" ] || . "$file"
  done
  pg_ctl -w stop >/dev/null
fi
program=$1
shift
exec "$program" -c 'listen_addresses=*' "$@"
