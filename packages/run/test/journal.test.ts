import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { digestOfParts, type Item, type JsonObject } from '@restitute/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verdicts } from '../src/export/verdict.ts'
import { createDatabase, journalPath, readDatabase, transaction } from '../src/journal/database.ts'
import { noteWriter, volumeTally } from '../src/journal/entries.ts'
import {
  allItems,
  exportTally,
  itemWriter,
  lostFolders,
  sameMarks,
  stateTallies,
} from '../src/journal/items.ts'
import { exportedName } from '../src/journal/leaders.ts'
import { applyLosses, heldItems } from '../src/journal/outcomes.ts'
import { reopenShard, shardRows, shardWriter } from '../src/journal/shards.ts'
import { addSource, dropSource, sourceNamed } from '../src/journal/sources.ts'
import { itemsOfShard, itemsToExport } from '../src/journal/to-export.ts'

const view = {
  token: null,
  point: 'now',
  consistency: 'snapshot',
  takenAt: '2026-01-01T00:00:00Z',
  fingerprint: 'aaaa-bbbb-cccc',
} as const

let folder: string
let db: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restitute-journal-'))
  db = createDatabase(folder, 'R1-0001')
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

function item(id: string, more: Partial<Item> = {}): Item {
  return { id, kind: 'file', bytes: 10, mark: `m-${id}`, ...more }
}

/** Fills a source and gives its row. */
function filled(items: readonly Item[], context: Partial<Parameters<typeof verdicts>[0]> = {}): number {
  const source = addSource(db, { name: 'docs', view, salt: '00' })
  const write = itemWriter(db)
  const none = { base: undefined, items: undefined, exportedName: exportedName(db, source) }
  const verdict = verdicts({ ...none, ...context })
  transaction(db, () => items.forEach((one) => write(source, verdict(one))))
  return source
}

function nested(depth: number): JsonObject {
  let value: JsonObject = {}
  for (let i = 1; i < depth; i++) value = { value }
  return value
}

function states(source: number): string[] {
  return [...allItems(db, source)].map(({ id, state, ordinal }) => `${id} ${state} ${ordinal ?? '-'}`)
}

describe('the journal', () => {
  it('is readable by its owner only', () => {
    expect(statSync(join(folder, 'R1-0001')).mode & 0o777).toBe(0o700)
    expect(statSync(journalPath(folder, 'R1-0001')).mode & 0o777).toBe(0o600)
  })

  it('is not there for a package that was never exported', () => {
    expect(() => readDatabase(journalPath(folder, 'R9-0009'))).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    )
  })

  it('keeps items in the order of their UTF-8 bytes over many pages', async () => {
    const ids = Array.from({ length: 2500 }, (_, i) => `f${String(i).padStart(5, '0')}`)
    const source = filled([...ids, '\ue000', '𐀀'].map((id) => item(id)))
    const read = await Array.fromAsync(itemsToExport(db, source))
    expect(read.map(({ id }) => id)).toEqual([...ids, '\ue000', '𐀀'])
    const part = await Array.fromAsync(itemsOfShard(db, source, 1000, 1001))
    expect(part).toEqual([item('f00999'), item('f01000')])
  })

  it('gives an item of very many parts whole, and those beside it', () => {
    const source = filled([item('a'), item('b'), item('c'), item('d')])
    const note = noteWriter(db)
    const digest = (n: number): string => n.toString(16).padStart(64, '0')
    const parts = Array.from({ length: 5000 }, (_, i) => ({ part: i + 1, size: 7, sha256: digest(i) }))
    const entry = { type: 'file', size: 7, sha256: digest(9) } as const
    transaction(db, () => {
      for (const id of ['a', 'c']) note(source, 1, { entry: { ...entry, path: `data/${id}`, item: id } })
      for (const part of parts)
        note(source, 1, { entry: { ...entry, ...part, path: `data/b/part-${part.part}`, item: 'b' } })
    })
    note(source, 1, { finding: { item: 'c', found: { colour: 'red' } } })
    expect([...heldItems(db, source)].map((held) => [held.id, held.digest, held.attributes])).toEqual([
      ['a', digest(9), undefined],
      ['b', digestOfParts(parts.map(({ sha256 }) => sha256)), { partBytes: 7 }],
      ['c', digest(9), { found: { colour: 'red' } }],
      ['d', undefined, undefined],
    ])
  })

  // As pools of backups have it: with the square of their number it took minutes for the first and the last third each.
  it('gives a file of very many names in no more time than as many files', () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `f${String(i).padStart(5, '0')}`)
    const led = (id: string) => item(id, id === 'f00000' ? {} : { leader: 'f00000' })
    const source = filled(names.map(led), { items: 'f[12]*' })
    const note = noteWriter(db)
    const digest = 'ab'.repeat(32)
    transaction(db, () => {
      for (const id of names.filter((name) => /^f[12]/.test(name)))
        note(source, 1, { entry: { path: `data/${id}`, item: id, type: 'file', size: 10, sha256: digest } })
    })
    const held = [...heldItems(db, source)]
    expect(held.map(({ leader }) => leader)).toEqual([undefined, ...Array(19_999).fill('f10000')])
  })

  it('gives volume numbers once, also after a source was dropped', () => {
    const write = shardWriter(db)
    const shard = { id: '000001', first: 1, last: 1, bytes: 1 }
    const first = filled([item('a')])
    transaction(db, () => write(first, shard))
    transaction(db, () => dropSource(db, first))
    expect(sourceNamed(db, 'docs')).toBeUndefined()
    const second = filled([item('a')])
    transaction(db, () => write(second, shard))
    expect(shardRows(db).map(({ volume }) => volume)).toEqual([2])
  })

  it('forgets what an unfinished volume had revealed', () => {
    const source = filled([item('a'), item('b')])
    const write = noteWriter(db)
    write(source, 1, {
      entry: { path: 'data/a', item: 'a', type: 'file', size: 10, sha256: 'ab'.repeat(32) },
    })
    write(source, 1, { loss: { item: 'b', lost: 'unreadable' } })
    expect(volumeTally(db, 1)).toEqual({ entries: 1, bytes: 10 })
    reopenShard(db, 1)
    expect(volumeTally(db, 1)).toEqual({ entries: 0, bytes: 0 })
    applyLosses(db, source)
    expect(states(source)).toEqual(['a exported 1', 'b exported 2'])
  })
})

describe('the state of an item', () => {
  const base = () => {
    const source = filled([item('a'), item('b'), item('c', { lost: 'unreadable' }), item('d')])
    return { db, row: { ...view, id: source, name: 'base', state: 'finished', view, salt: '00' } } as const
  }

  it('is unchanged only with the mark that was delivered', () => {
    const before = base()
    const now = [
      item('a'),
      item('b', { mark: 'other' }),
      item('c'),
      item('d', { lost: 'gone bad' }),
      item('e'),
    ]
    const source = filled(now, { base: before })
    expect(states(source)).toEqual([
      'a unchanged -',
      'b exported 1',
      'c exported 2',
      'd lost 3',
      'e exported 4',
    ])
  })

  it('is excluded when not asked for, unless the client holds it already', () => {
    const source = filled([item('a'), item('b', { mark: 'other' }), item('x')], { base: base(), items: 'x' })
    expect(states(source)).toEqual(['a unchanged -', 'b excluded -', 'x exported 1'])
  })

  it('follows from the losses of reading, and back', () => {
    const source = filled([item('a'), item('b')])
    noteWriter(db)(source, 1, { loss: { item: 'b', lost: 'changed while it was read' } })
    applyLosses(db, source)
    expect(states(source)).toEqual(['a exported 1', 'b lost 2'])
    expect(stateTallies(db, source).get('lost')).toEqual({ items: 1, bytes: 10 })
    expect([...heldItems(db, source)].map(({ id }) => id)).toEqual(['a'])
  })

  it('cannot be lost by a shard that it was not in', () => {
    const source = filled([item('a')])
    noteWriter(db)(source, 1, { loss: { item: 'z', lost: 'unreadable' } })
    expect(() => applyLosses(db, source)).toThrow(expect.objectContaining({ code: 'internal' }))
  })

  it.each([
    ['attributes beyond what an index may hold in a line', { xattrs: { 'user.a': 'é'.repeat(8 * 2 ** 20) } }],
    ['attributes nested deeper than a reader follows', nested(70)],
    ['a text that has no UTF-8', { comment: 'half of a pair: \ud800' }],
  ])('is lost with %s, wholly: no line could say them', (_, attributes) => {
    const source = filled([
      item('a'),
      item('b', { attributes, lost: 'unreadable' }),
      item('c'),
      item('d/', { kind: 'directory', attributes }),
    ])
    expect(states(source)).toEqual(['a exported 1', 'b lost -', 'c exported 2', 'd/ lost -'])
    const rows = [...allItems(db, source)].filter(({ state }) => state === 'lost')
    const lost = {
      attributes: null,
      mark: '',
      reason: expect.stringContaining('no index can hold') as string,
    }
    expect(rows).toEqual([expect.objectContaining(lost), expect.objectContaining(lost)])
    applyLosses(db, source)
    expect(states(source)).toEqual(['a exported 1', 'b lost -', 'c exported 2', 'd/ lost -'])
    expect(lostFolders(db, source)).toEqual([])
  })

  it('is as asked for with attributes that an index can just hold', () => {
    const attributes = {
      ...nested(60),
      xattrs: { 'user.a': 'x'.repeat(14 * 2 ** 20) },
      comment: '\\ud800 {{{{',
    }
    expect(states(filled([item('a', { attributes })]))).toEqual(['a exported 1'])
  })

  it.each([
    ['too long', item('x'.repeat(17 * 2 ** 20))],
    ['empty', item('')],
    ['of no kind', item('a', { kind: '' })],
  ])('cannot be told when it is the id itself that no index can hold: %s', (_, one) => {
    expect(() => filled([one])).toThrow(expect.objectContaining({ code: 'hostile-input' }))
  })

  it('needs ids that ascend', () => {
    expect(() => filled([item('b'), item('a')])).toThrow(expect.objectContaining({ code: 'internal' }))
  })
})

describe('names of one file', () => {
  const names = [
    item('a'),
    item('b', { leader: 'a' }),
    item('c'),
    item('d', { leader: 'a' }),
    item('z', { leader: 'c' }),
  ]
  const read = async (source: number, first: number, last: number): Promise<string[]> => {
    const items = await Array.fromAsync(itemsOfShard(db, source, first, last))
    return items.map(({ id, leader }) => (leader === undefined ? id : `${id} = ${leader}`))
  }

  it('are read with the first one, wherever they stand', async () => {
    const source = filled(names)
    expect(await read(source, 1, 2)).toEqual(['a', 'b = a', 'd = a'])
    expect(await read(source, 3, 5)).toEqual(['c', 'z = c'])
    expect(exportTally(db, source)).toEqual({ items: 5, bytes: 20 })
    const planned = await Array.fromAsync(itemsToExport(db, source))
    expect(planned.map(({ leader }) => leader)).toEqual([undefined, 'a', undefined, 'a', 'c'])
  })

  it('are read with the first one that is exported', async () => {
    const source = filled(names, { items: '[bdz]' })
    expect(states(source)).toEqual([
      'a excluded -',
      'b exported 1',
      'c excluded -',
      'd exported 2',
      'z exported 3',
    ])
    expect(await read(source, 1, 3)).toEqual(['b', 'd = b', 'z'])
    expect([...heldItems(db, source)].map(({ id, leader }) => [id, leader])).toEqual([
      ['b', undefined],
      ['d', 'b'],
      ['z', undefined],
    ])
  })

  it('come anew when only the first one is another', async () => {
    const id = filled([item('a'), item('b', { leader: 'a' })])
    const row = { ...view, id, name: 'base', state: 'finished', view, salt: '00' } as const
    const source = filled([item('b'), item('c', { leader: 'b' })], { base: { db, row } })
    expect(states(source)).toEqual(['b exported 1', 'c exported 2'])
    expect(await read(source, 1, 2)).toEqual(['b', 'c = b'])
  })

  it('are linked to one that is delivered already', async () => {
    const id = filled([item('a')])
    const row = { ...view, id, name: 'base', state: 'finished', view, salt: '00' } as const
    const source = filled([item('a'), item('b', { leader: 'a' })], { base: { db, row } })
    expect(await read(source, 1, 1)).toEqual(['b'])
    expect([...heldItems(db, source)].map(({ id: name, leader }) => [name, leader])).toEqual([
      ['a', undefined],
      ['b', 'a'],
    ])
  })
})

describe('sameMarks', () => {
  it.each([
    ['the same items', [item('a'), item('b')], true],
    ['another mark', [item('a'), item('b', { mark: 'x' })], false],
    ['an item less', [item('a')], false],
    ['an item more', [item('a'), item('b'), item('c')], false],
    ['one that is lost now', [item('a'), item('b', { lost: 'unreadable' })], false],
  ])('%s', (_name, now, same) => {
    const before = filled([item('a'), item('b')])
    expect(sameMarks(db, before, filled(now))).toBe(same)
  })
})
