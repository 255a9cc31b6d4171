-- Every table that holds a user's things leads with the user, so that it shards by user.
-- Instants called *_at are market time (the fleet's clock); leases are real time (the server's).

CREATE TABLE users (
    user_id     uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    token_hash  bytea NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL
);

CREATE TABLE pods (
    pod         int PRIMARY KEY,
    instances   int NOT NULL CHECK (instances > 0),
    users_max   int NOT NULL CHECK (users_max > 0)
);

CREATE TABLE seats (
    user_id     uuid PRIMARY KEY REFERENCES users,
    pod         int NOT NULL REFERENCES pods,
    instance    int NOT NULL,
    epoch       bigint NOT NULL DEFAULT 1
);
CREATE INDEX seats_of_instance ON seats (pod, instance);

CREATE TABLE accounts (
    account_id  uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    broker      text NOT NULL,
    number      text NOT NULL,
    sealed      bytea NOT NULL,             -- the tokens, AES-GCM, bound to user and account
    expires_at  timestamptz NOT NULL,       -- of the access token; real time
    is_alive    boolean NOT NULL DEFAULT true, -- false: its owner must consent again
    UNIQUE (broker, number)
);

-- Users away at a broker's login, with the proof that the one who returns is the same.
CREATE TABLE consents (
    state       text PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    broker      text NOT NULL,
    verifier    bytea NOT NULL,             -- sealed
    asked_at    timestamptz NOT NULL
);

CREATE TABLE definitions (
    version     text PRIMARY KEY,           -- hash of body
    body        text NOT NULL
);

CREATE TABLE bots (
    bot_id      uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users,
    account_id  uuid NOT NULL REFERENCES accounts,
    name        text NOT NULL,
    version     text NOT NULL REFERENCES definitions,
    interval_min int NOT NULL,
    is_on       boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL,
    UNIQUE (user_id, name)
);
CREATE INDEX bots_on ON bots (user_id) WHERE is_on;

-- The capital pool of a bot. Redis arbitrates, this row decides.
CREATE TABLE pools (
    bot_id      uuid PRIMARY KEY REFERENCES bots ON DELETE CASCADE,
    user_id     uuid NOT NULL,
    epoch       bigint NOT NULL DEFAULT 1,
    allocation  bigint NOT NULL CHECK (allocation >= 0),
    committed   bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),
    pending     bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    gains       bigint NOT NULL DEFAULT 0,  -- realised, not reinvested
    open_n      int NOT NULL DEFAULT 0 CHECK (open_n >= 0),
    pending_n   int NOT NULL DEFAULT 0 CHECK (pending_n >= 0),
    open_max    int NOT NULL,
    day         date NOT NULL,
    day_n       int NOT NULL DEFAULT 0 CHECK (day_n >= 0),
    day_max     int NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE draws (
    draw_id     uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    run_id      uuid NOT NULL,
    epoch       bigint NOT NULL,
    seq         bigint NOT NULL,
    state       text NOT NULL CHECK (state IN ('pending', 'posted', 'void', 'released')),
    amount      bigint NOT NULL CHECK (amount >= 0),
    units       int NOT NULL,
    posted      bigint NOT NULL DEFAULT 0,
    day         date NOT NULL,
    UNIQUE (bot_id, epoch, seq),
    CHECK (posted <= amount)
);

-- Append-only: pend +amount, post +cost, final -amount, close -cost, gain.
CREATE TABLE entries (
    draw_id     uuid NOT NULL,
    kind        text NOT NULL,
    ref         text NOT NULL,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL,
    amount      bigint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (draw_id, kind, ref)
);
CREATE INDEX entries_of_bot ON entries (bot_id);

CREATE TABLE positions (
    position_id uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    draw_id     uuid NOT NULL UNIQUE,
    state       text NOT NULL,
    symbol      text NOT NULL,
    structure   text NOT NULL,
    legs        jsonb NOT NULL,
    quantity    int NOT NULL,
    entry       numeric NOT NULL,
    exits       jsonb NOT NULL,
    tags        jsonb NOT NULL,
    expires_on  date,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    gain        double precision NOT NULL DEFAULT 0,
    high_gain   double precision NOT NULL DEFAULT 0,
    realised    bigint NOT NULL DEFAULT 0,
    closed_by   text NOT NULL DEFAULT ''
) WITH (fillfactor = 80);
CREATE INDEX positions_held ON positions (bot_id) WHERE state IN ('opening', 'open', 'closing');

CREATE TABLE orders (
    order_id    uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL REFERENCES bots ON DELETE CASCADE,
    account_id  uuid NOT NULL REFERENCES accounts,
    position_id uuid NOT NULL REFERENCES positions ON DELETE CASCADE,
    run_id      uuid NOT NULL,
    wire_id     text NOT NULL UNIQUE,
    effect      text NOT NULL,
    state       text NOT NULL,
    symbol      text NOT NULL,
    legs        jsonb NOT NULL,
    quantity    int NOT NULL,
    rungs       jsonb NOT NULL,             -- [[limit, hold_s], ...]
    rung        int NOT NULL DEFAULT 0,
    broker_order_id text NOT NULL DEFAULT '',
    filled      int NOT NULL DEFAULT 0,
    paid        numeric NOT NULL DEFAULT 0, -- sum of quantity x price over the fills
    looks       int NOT NULL DEFAULT 0,     -- full listings that did not show it
    reason      text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    check_at    timestamptz,
    ended_at    timestamptz,
    lease_until timestamptz                 -- real time: until then somebody is on it
) WITH (fillfactor = 70);
CREATE INDEX orders_live ON orders (check_at)
    WHERE state IN ('pending', 'sending', 'unknown', 'working', 'partial');
CREATE INDEX orders_of_position ON orders (position_id);

CREATE TABLE fills (
    account_id  uuid NOT NULL,
    execution_id text NOT NULL,
    order_id    uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    quantity    int NOT NULL CHECK (quantity > 0),
    price       numeric NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (account_id, execution_id)
);
CREATE INDEX fills_of_order ON fills (order_id);

-- Every due piece of work is a row; a message only points at it.
CREATE TABLE work (
    work_id     uuid PRIMARY KEY,
    kind        text NOT NULL,
    due_at      timestamptz NOT NULL,
    pod         int NOT NULL,
    instance    int NOT NULL,
    batch       int NOT NULL,
    bots        uuid[] NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'due'
                CHECK (state IN ('due', 'claimed', 'done', 'missed', 'failed')),
    fence       int NOT NULL DEFAULT 0,
    lease_until timestamptz,
    rung_real   timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_real   timestamptz NOT NULL DEFAULT clock_timestamp(), -- when a message last pointed at it
    begun_real  timestamptz,
    ended_real  timestamptz
) WITH (fillfactor = 70);
CREATE INDEX work_live ON work (due_at) WHERE state IN ('due', 'claimed');

CREATE TABLE runs (
    run_id      uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL,
    work_id     uuid NOT NULL,
    automation  int NOT NULL,
    version     text NOT NULL,
    at          timestamptz NOT NULL,
    outcome     text NOT NULL,
    path        text NOT NULL,
    detail      text NOT NULL
);
CREATE INDEX runs_of_bot ON runs (bot_id, at);

-- What the market answered to a batch: with a tree and these, any decision can be replayed.
CREATE TABLE facts (
    work_id     uuid PRIMARY KEY,
    body        bytea NOT NULL
);

CREATE TABLE notices (
    notice_id   uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    bot_id      uuid NOT NULL,
    at          timestamptz NOT NULL,
    level       text NOT NULL,
    code        text NOT NULL,
    message     text NOT NULL
);
CREATE INDEX notices_of_bot ON notices (bot_id, at);

CREATE TABLE fleet (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    routed_at   timestamptz NOT NULL,       -- everything due up to here has its rows
    market_at   timestamptz,                -- the replayed clock's last known instant
    played_to   timestamptz                 -- where a replayed session ends
);
