/** The patient record, with one of each thing that makes a SQLite database hard to carry elsewhere. */
export const schema = `
CREATE TABLE wards (code TEXT PRIMARY KEY, name TEXT NOT NULL, beds INTEGER) WITHOUT ROWID;
CREATE TABLE staff (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, "fonction, grade" TEXT DEFAULT 'infirmier·ère',
  ward TEXT REFERENCES wards, badge BLOB);
CREATE TABLE patients (
  id INTEGER PRIMARY KEY, family_name TEXT NOT NULL, given_name TEXT NOT NULL, nir TEXT UNIQUE,
  born TEXT NOT NULL, died TEXT, registered TEXT NOT NULL, universal_id INTEGER, note TEXT,
  full_name TEXT GENERATED ALWAYS AS (family_name || ' ' || given_name) VIRTUAL);
CREATE TABLE stays (
  id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients, ward TEXT NOT NULL REFERENCES wards,
  admitted TEXT NOT NULL, discharged TEXT, reason TEXT, cost REAL, device ANY) STRICT;
CREATE TABLE observations (
  id INTEGER PRIMARY KEY, stay INTEGER NOT NULL REFERENCES stays, taken INTEGER NOT NULL, code TEXT NOT NULL,
  value REAL, unit TEXT, raw, comment TEXT);
CREATE TABLE prescriptions (
  stay INTEGER NOT NULL REFERENCES stays, line INTEGER NOT NULL, drug TEXT NOT NULL, valid_until TEXT,
  instructions TEXT, PRIMARY KEY (stay, line)) WITHOUT ROWID;
CREATE TABLE documents (
  id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients, path TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('letter', 'cda', 'fhir', 'image')), bytes INTEGER, sha256 BLOB NOT NULL);
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, action TEXT NOT NULL, detail TEXT);
CREATE VIRTUAL TABLE search USING fts5(name, note);
CREATE VIEW present_patients AS
  SELECT p.id, p.full_name, s.ward, s.admitted FROM patients p JOIN stays s ON s.patient = p.id
  WHERE s.discharged IS NULL;
CREATE INDEX open_stays ON stays (ward) WHERE discharged IS NULL;
CREATE INDEX patients_by_name ON patients (lower(family_name), given_name);
CREATE INDEX observations_of_stay ON observations (stay);
CREATE TRIGGER patient_registered AFTER INSERT ON patients BEGIN
  INSERT INTO audit (at, action, detail) VALUES (NEW.registered, 'patient', 'n° ' || NEW.id);
END;
CREATE TRIGGER patient_searchable AFTER INSERT ON patients BEGIN
  INSERT INTO search (rowid, name, note) VALUES (NEW.id, NEW.family_name || ' ' || NEW.given_name, NEW.note);
END;
`

/** Its ordinary tables. */
export const tables = [
  'wards',
  'staff',
  'patients',
  'stays',
  'observations',
  'prescriptions',
  'documents',
  'audit',
] as const
