import { DatabaseSync } from 'node:sqlite'
import type { Restorer } from '@restitute/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seriesSchema } from '../src/series/series-schema.ts'
import { assignPhases, wantedEntry, wantedVolumes } from '../src/series/wanted.ts'

let db: DatabaseSync
const plans: string[] = []

beforeEach(() => {
  db = new DatabaseSync(':memory:')
  db.exec(seriesSchema)
  const prepare = db.prepare.bind(db)
  db.prepare = (sql) => {
    if (sql.startsWith('SELECT'))
      plans.push(
        ...prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map((row) => String(row['detail'])),
      )
    return prepare(sql)
  }
})
afterEach(() => {
  plans.length = 0
  db.close()
})

/** Definitions first, then everything else. */
const restorer = { phases: 2, phase: (path: string) => (path.startsWith('data/native/') ? 0 : 1) } as Restorer

function fill(source: string, items: number): void {
  const item = db.prepare(
    `INSERT INTO items (source, id, package, kind, state, bytes, mark) VALUES (?, ?, 0, 'file', ?, 1, '')`,
  )
  const entry = db.prepare(`INSERT INTO entries VALUES (?, ?, 0, ?, ?, NULL, NULL, NULL)`)
  for (let i = 0; i < items; i++) {
    item.run(source, `f${i}`, i % 3 === 0 ? 'lost' : 'exported')
    entry.run(source, `f${i}`, `volumes/${i % 2}`, `data/f${i}`)
  }
  for (const volume of ['volumes/1', 'volumes/bag'])
    entry.run(source, null, volume, `tags-${volume.slice(8)}`)
}

describe('the rounds of a restoration', () => {
  it('want what is held of this source, over many pages, and tag files but for BagIt’s', () => {
    fill('letters', 2500)
    fill('scans', 10)
    assignPhases(db, 'letters', ({ volume }) => volume === 'volumes/bag', restorer)
    const wanted = db
      .prepare('SELECT source, phase, count(*) AS entries FROM entries GROUP BY 1, 2 ORDER BY 1, 2')
      .all()
    expect(wanted.map((row) => Object.values(row))).toEqual([
      ['letters', null, 835],
      ['letters', 1, 1667],
      ['scans', null, 12],
    ])
    expect(wantedVolumes(db, 1).map(({ volume }) => volume)).toEqual(['volumes/0', 'volumes/1'])
    const find = wantedEntry(db, 'letters', 1)
    expect([
      find({ package: 0, volume: 'volumes/1' }, 'data/f1')?.item,
      find({ package: 0, volume: 'volumes/0' }, 'data/f0'),
    ]).toEqual(['f1', undefined])
  })

  it('are found in one passage: no page sorts all that is left', () => {
    fill('letters', 3)
    plans.length = 0
    assignPhases(db, 'letters', () => false, restorer)
    expect(plans.length).toBeGreaterThan(0)
    expect(plans.filter((step) => step.includes('TEMP B-TREE'))).toEqual([])
  })

  it('put off what would come before an item of its group that lies in a later package, and bring its tag files', () => {
    const entry = db.prepare(`INSERT INTO entries VALUES ('bucket', ?, ?, 'volumes/1', ?, NULL, NULL, NULL)`)
    const item = db.prepare(
      `INSERT INTO items (source, id, package, kind, state, bytes, mark) VALUES ('bucket', ?, ?, 'object', 'exported', 1, '')`,
    )
    // Where each version lies, the oldest first; one in two parts.
    const versions = { a: [0, 1, 1], b: [1, 0, 0], c: [1, 2, 0, 1] }
    for (const number of [0, 1, 2]) entry.run(null, number, 'objects-0.jsonl')
    for (const [key, packages] of Object.entries(versions))
      for (const [i, number] of packages.entries()) {
        item.run(`${key}\t${i}`, number)
        for (const part of ['x', 'y']) entry.run(`${key}\t${i}`, number, `data/${key}${i}${part}`)
      }
    const grouped = {
      phases: 1,
      phase: () => 0,
      groupOf: (id: string) => id.slice(0, 1),
    } as unknown as Restorer
    expect(assignPhases(db, 'bucket', () => false, grouped)).toBe(2)
    const order = [0, 1].flatMap((phase) =>
      wantedVolumes(db, phase).flatMap(({ entries, ...volume }) => {
        const wanted = db
          .prepare(`SELECT path FROM entries WHERE package = ? ORDER BY rowid`)
          .all(volume.package)
        const found = wanted
          .map(({ path }) => String(path))
          .filter((path) => wantedEntry(db, 'bucket', phase)(volume, path))
        expect(found).toHaveLength(entries)
        expect(found[0]).toBe('objects-0.jsonl')
        return found.filter((path) => path.endsWith('x'))
      }),
    )
    for (const [key, packages] of Object.entries(versions))
      expect(order.filter((path) => path.startsWith(`data/${key}`))).toEqual(
        packages.map((_, i) => `data/${key}${i}x`),
      )
  })
})
