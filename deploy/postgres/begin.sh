# At a database's first start: the logins of the fleet and of its API (roles.sql). The server's own
# administrator is nobody's login after that. Read by the official image, as whom it runs.
psql -v ON_ERROR_STOP=1 -v fleet_password="$FLEET_PASSWORD" -v door_password="$DOOR_PASSWORD" \
  -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-postgres}" -f /etc/botfleet/roles.sql
