import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateHospital, type Hospital } from '../src/demo/hospital.ts'

const dir = mkdtempSync(join(tmpdir(), 'hospital-'))
const size = { patients: 200, documents: 300 }
let hospital: Hospital

beforeAll(async () => {
  hospital = await generateHospital(join(dir, 'a'), { seed: 7, ...size })
})
afterAll(() => rmSync(dir, { recursive: true }))

/** Path → what is there, for everything below a folder. */
function treeOf(root: string, folder = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(join(root, folder)).toSorted()) {
    const path = join(folder, name)
    const state = stateOf(join(root, path))
    found.set(path, state)
    if (state === 'directory') for (const [inner, value] of treeOf(root, path)) found.set(inner, value)
  }
  return found
}

function stateOf(path: string): string {
  const status = lstatSync(path)
  if (status.isSymbolicLink()) return `-> ${readlinkSync(path)}`
  if (status.isDirectory()) return 'directory'
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** First column of every row of a query. */
function column(sql: string): unknown[] {
  using database = new DatabaseSync(hospital.database, { readOnly: true })
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  return statement.all().map((row) => Object.values(row)[0])
}

describe('generateHospital', () => {
  it('gives the same contents for the same seed, and others for another', async () => {
    await generateHospital(join(dir, 'b'), { seed: 7, ...size })
    await generateHospital(join(dir, 'c'), { seed: 8, ...size })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => treeOf(join(dir, name)))
    expect(b).toEqual(a)
    expect(c?.get('record.db')).not.toBe(a?.get('record.db'))
  })

  it('counts what it wrote', () => {
    const files = [...treeOf(hospital.documents).values()].filter((state) => /^[0-9a-f]{64}$/.test(state))
    expect(hospital.files).toBe(300)
    expect(files).toHaveLength(300)
    expect(hospital.rows).toBeGreaterThan(200 * 48)
    expect(column('SELECT count(*) FROM observations')).toEqual([200n * 40n])
    expect(column('PRAGMA journal_mode')).toEqual(['wal'])
    expect(column('PRAGMA integrity_check')).toEqual(['ok'])
    expect(column('PRAGMA foreign_key_check')).toEqual([])
  })

  it('lists in the record every document of the tree, by digest', () => {
    const tree = treeOf(hospital.documents)
    const listed = column("SELECT path || ' ' || lower(hex(sha256)) FROM documents")
    expect(listed).toHaveLength(300)
    for (const line of listed as string[]) expect(tree.get(line.slice(0, -65))).toBe(line.slice(-64))
  })

  it('holds values that are easily lost', () => {
    const notes = column('SELECT DISTINCT note FROM patients')
    expect(notes).toEqual(expect.arrayContaining([null, '', 'NULL', '\\N', '"', '0012']))
    expect(notes).toContain('première ligne\ndeuxième ligne\r\ntroisième, avec virgule')
    expect(column('SELECT universal_id FROM patients')).toContain(-(2n ** 63n))
    expect(column('SELECT DISTINCT typeof(raw) FROM observations ORDER BY 1')).toEqual([
      'blob',
      'integer',
      'null',
      'real',
      'text',
    ])
    expect(column("SELECT count(*) FROM patients WHERE born < '1900'")).not.toEqual([0n])
    expect(column("SELECT count(*) FROM prescriptions WHERE valid_until > '2038'")).not.toEqual([0n])
    expect(column('SELECT full_name FROM patients WHERE id = 2')[0]).toMatch(/ /)
    expect(column("SELECT count(*) FROM search WHERE search MATCH 'aïeul'")).not.toEqual([0n])
    expect(column('SELECT count(*) FROM audit')).toEqual([200n])
  })

  it('holds every kind of schema object', () => {
    expect(column("SELECT name FROM pragma_table_list WHERE strict OR wr AND type = 'table'")).toEqual(
      expect.arrayContaining(['wards', 'prescriptions', 'stays']),
    )
    const sql = column('SELECT sql FROM sqlite_schema').join('\n')
    for (const word of ['TRIGGER', 'VIEW', 'fts5', 'VIRTUAL)', 'WHERE discharged IS NULL']) {
      expect(sql).toContain(word)
    }
  })

  it('holds names, links and folders that are easily lost', () => {
    const tree = treeOf(hospital.documents)
    const odd = '2024/URG/À classer : divers'
    expect(tree.get(`${odd}/Radio thorax.txt`)).not.toBe(tree.get(`${odd}/radio THORAX.txt`))
    expect(tree.has(`${odd}/Compte rendu : suite.txt`)).toBe(true)
    expect(tree.get('lien rompu')).toBe('-> ../archives/disparu.txt')
    expect(tree.get('2026/URG/dossier vide')).toBe('directory')
    expect([...tree.keys()].every((path) => path.normalize('NFC') === path)).toBe(true)
  })
})
