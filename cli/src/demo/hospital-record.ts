import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { patientOf, type WrittenDocument } from './hospital-documents.ts'
import { schema, tables } from './hospital-schema.ts'
import {
  awkwardIntegers,
  awkwardReals,
  awkwardTexts,
  drugs,
  measurements,
  rawValues,
  wards,
} from './hospital-words.ts'
import { day, type Random } from './random.ts'

const staysEach = 2
const observationsEach = 20
const prescriptionsEach = 3

/**
 * Writes the patient record at `path` (which must not exist): about 50 rows for each patient, in one transaction,
 * in WAL mode. Returns the number of rows of the ordinary tables.
 */
export async function writeRecord(
  path: string,
  random: Random,
  o: { patients: number; documents: AsyncIterable<WrittenDocument>; onPatient: (done: number) => void },
): Promise<number> {
  using database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${schema}; BEGIN`)
  const insert = statementsOf(database)
  addWards(insert, random)
  for (let id = 1; id <= o.patients; id++) {
    addPatient(insert, id, random)
    o.onPatient(id)
    if (id % 128 === 0) await setImmediate()
  }
  for await (const document of o.documents) addDocument(insert, document)
  database.exec('COMMIT')
  return countRows(database)
}

type Statements = Readonly<Record<keyof typeof columns, StatementSync>>

const columns = {
  wards: 'code, name, beds',
  staff: 'name, ward, badge',
  patients: 'id, family_name, given_name, nir, born, died, registered, universal_id, note',
  stays: 'id, patient, ward, admitted, discharged, reason, cost, device',
  observations: 'stay, taken, code, value, unit, raw, comment',
  prescriptions: 'stay, line, drug, valid_until, instructions',
  documents: 'patient, path, kind, bytes, sha256',
} as const

function statementsOf(database: DatabaseSync): Statements {
  const prepared = Object.entries(columns).map(([table, names]) => {
    const marks = names.replaceAll(/\w+/g, '?')
    return [table, database.prepare(`INSERT INTO ${table} (${names}) VALUES (${marks})`)]
  })
  return Object.fromEntries(prepared) as Statements
}

function addWards(insert: Statements, random: Random): void {
  for (const [code, name, beds] of wards) {
    insert.wards.run(code, name, beds)
    for (let n = 1; n <= 20; n++) insert.staff.run(`Soignant·e ${code}-${n}`, code, random.bytes(16))
  }
}

function addPatient(insert: Statements, id: number, random: Random): void {
  const { family, given } = patientOf(id)
  insert.patients.run(
    id,
    family,
    given,
    id % 11 === 0 ? null : `9 99 99 99 999 ${String(id).padStart(6, '0')}`,
    day(1889, random.below(49_000)),
    id % 17 === 0 ? day(2024, random.below(365)) : null,
    `${day(2015, random.below(4000))}T08:00:00Z`,
    random.pick(awkwardIntegers),
    random.pick(awkwardTexts),
  )
  for (let n = 0; n < staysEach; n++) addStay(insert, (id - 1) * staysEach + n + 1, id, random)
}

function addStay(insert: Statements, stay: number, patient: number, random: Random): void {
  const start = random.below(4000)
  const [ward] = random.pick(wards)
  const end = stay % 23 === 0 ? null : day(2015, start + random.below(30))
  const values: SQLInputValue[] = [
    random.pick(awkwardTexts),
    random.pick(awkwardReals),
    random.pick(rawValues),
  ]
  insert.stays.run(stay, patient, ward, day(2015, start), end, ...values)
  for (let n = 0; n < observationsEach; n++) addObservation(insert, stay, random)
  for (let line = 1; line <= prescriptionsEach; line++) {
    const until = random.pick([day(2016, random.below(4000)), '2041-06-30', '9999-12-31', null])
    insert.prescriptions.run(stay, line, random.pick(drugs), until, random.pick(awkwardTexts))
  }
}

function addObservation(insert: Statements, stay: number, random: Random): void {
  const [code, unit] = random.pick(measurements)
  const seconds = 1_420_070_400 + random.below(1_000_000_000)
  const value = random.below(20) === 0 ? random.pick(awkwardReals) : random.below(2000) / 10
  insert.observations.run(
    stay,
    seconds,
    code,
    value,
    unit,
    random.pick(rawValues),
    random.below(10) === 0 ? random.pick(awkwardTexts) : null,
  )
}

function addDocument(insert: Statements, document: WrittenDocument): void {
  insert.documents.run(document.patient, document.path, document.kind, document.bytes, document.sha256)
}

function countRows(database: DatabaseSync): number {
  const counts = tables.map((table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  return counts.reduce<number>((sum, n) => sum + Number(n), 0)
}
