-- The roles of a botfleet database, made once by an administrator where the fleet's login may not
-- make roles itself. Every row of a user is fenced by them (docs/adr, "Postgres fences each user's
-- rows"); `botfleet db migrate` lays the fences, and refuses to while these roles are missing.
--
--   psql -v ON_ERROR_STOP=1 -v fleet_password=... -v door_password=... -d botfleet -f roles.sql
--
-- Then BOTFLEET_DATABASE_URL names the login fleet everywhere, and BOTFLEET_DOOR_URL the login door
-- in the API, which then cannot reach another user's rows by any statement at all.

CREATE ROLE botfleet_fleet NOLOGIN;
CREATE ROLE botfleet_door NOLOGIN;

-- Owns the schema and works for all users: migrations, router, instances, orders, beat, commands.
CREATE ROLE fleet LOGIN PASSWORD :'fleet_password' IN ROLE botfleet_fleet, botfleet_door;
-- Speaks for one user at a time: the API's requests.
CREATE ROLE door LOGIN PASSWORD :'door_password' IN ROLE botfleet_door;

-- A sender that was stopped while it held the switches' lock is cut off by whoever throws one.
GRANT pg_signal_backend TO fleet;
GRANT CREATE, USAGE ON SCHEMA public TO fleet;
