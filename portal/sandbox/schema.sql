-- The identity provider --------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS people (
  subject        TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  given_name     TEXT NOT NULL,
  family_name    TEXT NOT NULL,
  email          TEXT NOT NULL,
  email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
  locale         TEXT NOT NULL,
  zoneinfo       TEXT NOT NULL,
  part           TEXT NOT NULL,              -- what this person is in the demo, for the chooser
  created_at     TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS sign_ins (        -- an application asked for somebody; nobody has answered yet
  id              TEXT PRIMARY KEY,
  browser         TEXT NOT NULL,             -- only the browser that brought the question may answer it
  redirect_uri    TEXT NOT NULL,
  scope           TEXT NOT NULL,
  state           TEXT,
  nonce           TEXT,
  challenge       TEXT NOT NULL,
  signed_in_since TEXT,                      -- an older sign-in at the provider will not do
  expires_at      TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS consents (
  subject    TEXT NOT NULL REFERENCES people (subject),
  client_id  TEXT NOT NULL,
  scope      TEXT NOT NULL,
  allowed_at TEXT NOT NULL,
  PRIMARY KEY (subject, client_id)
);

CREATE TABLE IF NOT EXISTS codes (
  digest       TEXT PRIMARY KEY,
  subject      TEXT NOT NULL REFERENCES people (subject),
  redirect_uri TEXT NOT NULL,
  scope        TEXT NOT NULL,
  nonce        TEXT,
  challenge    TEXT NOT NULL,
  auth_time    TEXT NOT NULL,
  expires_at   TEXT NOT NULL,
  used_at      TEXT
);

CREATE TABLE IF NOT EXISTS access_tokens (
  digest      TEXT PRIMARY KEY,
  code_digest TEXT NOT NULL REFERENCES codes (digest),
  subject     TEXT NOT NULL REFERENCES people (subject),
  scope       TEXT NOT NULL,
  expires_at  TEXT NOT NULL,
  revoked_at  TEXT
);

-- Perch ------------------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS accounts (
  id           TEXT PRIMARY KEY,             -- stays when the handle changes
  handle       TEXT NOT NULL UNIQUE COLLATE NOCASE,
  display_name TEXT NOT NULL,
  bio          TEXT NOT NULL,
  followers    INTEGER NOT NULL CHECK (followers >= 0),
  created_at   TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS posts (
  id         INTEGER PRIMARY KEY,            -- carries its time, see perch/addresses.py
  account_id TEXT NOT NULL REFERENCES accounts (id),
  short_code TEXT NOT NULL UNIQUE,
  text       TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
  created_at TEXT NOT NULL,
  edited_at  TEXT,
  deleted_at TEXT,
  CHECK (deleted_at IS NULL OR text = '')    -- a deleted post keeps its id, not its words
);
CREATE INDEX IF NOT EXISTS posts_of_account ON posts (account_id, id);

CREATE TABLE IF NOT EXISTS pictures (
  post_id INTEGER PRIMARY KEY REFERENCES posts (id),
  name    TEXT NOT NULL UNIQUE,
  alt     TEXT NOT NULL,
  width   INTEGER NOT NULL,
  height  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS relations (       -- no row: a post on its own
  post_id  INTEGER PRIMARY KEY REFERENCES posts (id),
  kind     TEXT NOT NULL CHECK (kind IN ('quote', 'repost', 'reply')),
  about_id INTEGER NOT NULL REFERENCES posts (id)
);
CREATE INDEX IF NOT EXISTS relations_about ON relations (about_id, kind);

CREATE TABLE IF NOT EXISTS marks (           -- no row: nothing of it
  post_id  INTEGER PRIMARY KEY REFERENCES posts (id),
  language TEXT NOT NULL DEFAULT '',
  paid     INTEGER NOT NULL DEFAULT 0 CHECK (paid IN (0, 1)),
  likes    INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0),   -- what a demo begins with; those of accounts come on top
  views    INTEGER NOT NULL DEFAULT 0 CHECK (views >= 0)
);

CREATE TABLE IF NOT EXISTS likes (
  post_id    INTEGER NOT NULL REFERENCES posts (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  PRIMARY KEY (post_id, account_id)
);

CREATE TABLE IF NOT EXISTS seed_keys (       -- what a seeding client named before, so that it can ask twice
  kind   TEXT NOT NULL CHECK (kind IN ('account', 'post')),
  key    TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (kind, key)
);

CREATE TABLE IF NOT EXISTS switches (        -- no row: behaves normally
  target  TEXT PRIMARY KEY,                  -- 'perch', 'account:<id>' or 'post:<id>'
  mode    TEXT NOT NULL CHECK (mode IN ('slow', 'rate_limited', 'down', 'login_wall', 'garbled')),
  seconds REAL NOT NULL CHECK (seconds BETWEEN 0 AND 60)
);

-- Till -------------------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS till_things (     -- coupons, promotion codes, sessions, payments, refunds, as Stripe shows them
  place INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE,
  kind  TEXT NOT NULL,
  body  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS till_things_of_a_kind ON till_things (kind, place);

CREATE TABLE IF NOT EXISTS till_events (
  place   INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  body    TEXT NOT NULL,
  at      TEXT NOT NULL,
  told_at TEXT                               -- NULL: the portal has not answered yet
);

CREATE TABLE IF NOT EXISTS till_answers (    -- by idempotency key
  key   TEXT PRIMARY KEY,
  asked TEXT NOT NULL,
  body  TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS till_switch (     -- no row: webhooks are sent
  is_quiet INTEGER NOT NULL CHECK (is_quiet = 1)
);
