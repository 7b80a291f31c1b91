/**
 * The merged indexes of a delivery. `items` holds the newest state of each; `entries` where the content of what is
 * held lies; tag files (no item) of every package are kept, since each package brings its own.
 */
export const seriesSchema = `
  CREATE TABLE salts (package INTEGER NOT NULL, source TEXT NOT NULL, file TEXT NOT NULL, salt TEXT NOT NULL);
  CREATE TABLE items (
    source TEXT NOT NULL, id TEXT NOT NULL, package INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    bytes INTEGER NOT NULL, count INTEGER, mark TEXT NOT NULL, digest TEXT, attributes TEXT, leader TEXT, reason TEXT,
    PRIMARY KEY (source, id)
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    source TEXT NOT NULL, item TEXT, package INTEGER NOT NULL, volume TEXT NOT NULL, path TEXT NOT NULL,
    sha256 BLOB, part INTEGER, phase INTEGER
  );
  CREATE INDEX entries_item ON entries (source, item);
  CREATE INDEX entries_place ON entries (package, source, path);
`
