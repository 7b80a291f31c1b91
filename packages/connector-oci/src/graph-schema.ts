/** The tables of a graph. */
export const schema = `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
  CREATE TABLE roots (repository TEXT, ref TEXT, digest TEXT, lost TEXT, kind TEXT, media TEXT, bytes INTEGER);
  CREATE UNIQUE INDEX by_ref ON roots (ref) WHERE ref IS NOT NULL;
  CREATE UNIQUE INDEX by_digest ON roots (repository, digest) WHERE ref IS NULL;
  CREATE INDEX any_digest ON roots (digest);
  CREATE TABLE nodes (digest TEXT PRIMARY KEY, kind TEXT, bytes INTEGER, media TEXT, repository TEXT,
    depth INTEGER, lost TEXT, done INTEGER) WITHOUT ROWID;
  CREATE TABLE edges (parent TEXT, child TEXT, PRIMARY KEY (parent, child)) WITHOUT ROWID;
  CREATE TABLE homes (digest TEXT, repository TEXT, asked INTEGER, PRIMARY KEY (digest, repository)) WITHOUT ROWID;
  CREATE TABLE subjects (digest TEXT, subject TEXT, PRIMARY KEY (digest, subject)) WITHOUT ROWID;
  CREATE TABLE others (name TEXT PRIMARY KEY, lost TEXT) WITHOUT ROWID;
  CREATE INDEX to_do ON nodes (digest) WHERE done = 0;
  CREATE INDEX to_ask ON homes (digest) WHERE asked = 0;`

/** Notes in which repositories each manifest is reached. */
export const findHomes = `INSERT OR IGNORE INTO homes
  WITH RECURSIVE reached (digest, repository) AS (
    SELECT digest, repository FROM roots WHERE digest IS NOT NULL
    UNION SELECT child, reached.repository FROM edges JOIN reached ON parent = reached.digest)
  SELECT digest, reached.repository, 0 FROM reached JOIN nodes USING (digest)
  WHERE nodes.kind <> 'blob' AND nodes.lost IS NULL`
