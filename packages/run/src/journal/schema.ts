/**
 * The journal of one package. `items.ordinal` numbers the items that are exported, from 1 in the order of their
 * ids: shards are ranges of it. An item with a leader is read with that one: `read_at` is its leader's ordinal, that of
 * any other item its own. A row of `shards` is a volume; its number is given at planning, so that a resumed
 * run uses the same names. Entries, directories and losses belong to the volume whose making revealed them.
 */
export const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sources (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, view TEXT NOT NULL, salt TEXT NOT NULL,
    index_record TEXT
  );
  CREATE TABLE IF NOT EXISTS items (
    source INTEGER NOT NULL, id TEXT NOT NULL, ordinal INTEGER, kind TEXT NOT NULL, bytes INTEGER NOT NULL,
    count INTEGER, mark TEXT NOT NULL, digest TEXT, attributes TEXT, leader TEXT, lost TEXT, state TEXT NOT NULL,
    reason TEXT, read_at INTEGER, PRIMARY KEY (source, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS items_ordinal ON items (source, ordinal) WHERE ordinal IS NOT NULL;
  CREATE INDEX IF NOT EXISTS items_read_at ON items (source, read_at, ordinal) WHERE read_at <> ordinal;
  CREATE INDEX IF NOT EXISTS items_leader_held ON items (source, leader, id)
    WHERE leader IS NOT NULL AND state IN ('exported', 'unchanged');
  CREATE INDEX IF NOT EXISTS items_leader_ordinal ON items (source, leader, ordinal)
    WHERE leader IS NOT NULL AND ordinal IS NOT NULL;
  CREATE TABLE IF NOT EXISTS shards (
    volume INTEGER PRIMARY KEY, source INTEGER NOT NULL, id TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, slice TEXT, bytes INTEGER NOT NULL, result TEXT, UNIQUE (source, id)
  );
  CREATE TABLE IF NOT EXISTS entries (
    source INTEGER NOT NULL, path TEXT NOT NULL, volume INTEGER NOT NULL, item TEXT, type TEXT NOT NULL, link TEXT,
    size INTEGER NOT NULL, sha256 BLOB, part INTEGER, PRIMARY KEY (source, path)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_item ON entries (source, item, part);
  CREATE INDEX IF NOT EXISTS entries_volume ON entries (volume);
  CREATE TABLE IF NOT EXISTS directories (
    source INTEGER NOT NULL, path TEXT NOT NULL, volume INTEGER NOT NULL, item TEXT, mode INTEGER NOT NULL,
    modified TEXT NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (source, path)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS directories_volume ON directories (volume);
  CREATE TABLE IF NOT EXISTS losses (
    source INTEGER NOT NULL, volume INTEGER NOT NULL, item TEXT NOT NULL, reason TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS losses_volume ON losses (volume);
  CREATE TABLE IF NOT EXISTS findings (
    source INTEGER NOT NULL, item TEXT NOT NULL, volume INTEGER NOT NULL, found TEXT NOT NULL,
    PRIMARY KEY (source, item)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS findings_volume ON findings (volume);
`
