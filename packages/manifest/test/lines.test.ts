import { describe, expect, it } from 'vitest'
import {
  eventTypes,
  type IndexEntry,
  type IndexHeader,
  type IndexItem,
  type LedgerLine,
  sha256Hex,
  validateIndexHeader,
  validateIndexLine,
  validateLedgerLine,
} from '../src/index.ts'
import { change, members } from './members.ts'

const header: IndexHeader = { schema: 'restitute/index/v1', source: 'records', salt: sha256Hex('salt') }
const item: IndexItem = {
  item: 'table/patients',
  kind: 'table',
  state: 'lost',
  bytes: 10,
  count: 2,
  mark: '',
  digest: sha256Hex('content'),
  attributes: { columns: ['id'] },
  reason: 'read error',
}
const entry: IndexEntry = {
  entry: 'data/tables/patients/000001.csv',
  item: 'table/patients',
  type: 'file',
  size: 10,
  sha256: sha256Hex('content'),
  volume: 'volumes/000001.tar.zst.pgp',
  part: 1,
}
const link: IndexEntry = {
  ...entry,
  type: 'link',
  entry: 'data/other',
  link: 'data/tables/patients/000001.csv',
}
const line: LedgerLine = {
  event: {
    sequence: 1,
    at: '2026-11-22T10:00:00Z',
    operation: 'dossier',
    type: 'contract-pinned',
    body: { sha256: sha256Hex('contract') },
    person: sha256Hex('person').slice(0, 40),
    previous: '0'.repeat(64),
  },
  signature: 'AAAA',
}

const checks: [string, object, (value: unknown) => object, RegExp][] = [
  ['index header', header, validateIndexHeader, /^$/],
  ['index item', item, validateIndexLine, /^\/(count|digest|attributes(\/.*)?|reason)$/],
  ['index entry', entry, validateIndexLine, /^\/(item|sha256|part)$/],
  ['index link', link, validateIndexLine, /^\/(item|part)$/],
  ['ledger line', line, validateLedgerLine, /^\/event\/body\//],
]

function throws(check: () => unknown): boolean {
  try {
    check()
    return false
  } catch {
    return true
  }
}

describe.each(checks)('%s', (_, valid, validate, optional) => {
  it('is taken as it is', () => {
    expect(validate(valid)).toBe(valid)
  })

  it('needs each member that its type requires, and no other', () => {
    // Without `entry` a line is an item, and then other members are missing or unknown.
    for (const pointer of members(valid)) {
      const accepted = !throws(() => validate(change(valid, pointer, undefined)))
      expect(accepted, pointer).toBe(optional.test(pointer))
    }
  })

  it('takes no value of another kind, and no other member', () => {
    for (const pointer of members(valid).filter(
      (p) => !p.startsWith('/attributes/') && !p.startsWith('/event/body/'),
    )) {
      for (const wrong of [null, -1, [], true]) {
        expect(() => validate(change(valid, pointer, wrong)), pointer).toThrow(
          `${pointer}: not in the expected form`,
        )
      }
    }
    expect(() => validate({ ...valid, extra: 1 })).toThrow('unknown member')
    expect(() => validate(JSON.parse('{"__proto__":1}'))).toThrow('unknown member')
    for (const nothing of [null, 1, 'x', []]) expect(() => validate(nothing)).toThrow('expected an object')
  })
})

describe('lines', () => {
  it.each(['../a', '/a', 'a/../b', 'a//b', 'a/', '.', 'a/.', 'a\\b', 'a\0b', ''])(
    'refuse the entry path %j',
    (path) => {
      expect(() => validateIndexLine({ ...entry, entry: path })).toThrow('/entry: not in the expected form')
    },
  )

  it('take names that only look odd', () => {
    for (const path of ['a..b', '...', '.hidden/é', 'a b']) {
      expect(validateIndexLine({ ...entry, entry: path })).toMatchObject({ entry: path })
    }
  })

  it('take every event type, and no other', () => {
    const withType = (type: string): LedgerLine => ({
      ...line,
      event: { ...line.event, type: type as 'scoped' },
    })
    for (const type of eventTypes)
      expect(validateLedgerLine(withType(type))).toMatchObject({ event: { type } })
    expect(() => validateLedgerLine(withType('destroyed'))).toThrow(
      expect.objectContaining({ code: 'newer-version' }),
    )
    expect(() => validateLedgerLine(withType('Destroyed'))).toThrow('ledger line: /event/type')
  })

  it('refuse a signature that is not base64', () => {
    for (const signature of ['', 'A', 'AAA', 'AA==AAAA', 'AA-_']) {
      expect(() => validateLedgerLine({ ...line, signature })).toThrow('/signature')
    }
  })

  it('say nothing of the content', () => {
    const named = { ...item, item: 'Jeanne Durand', state: 'Jeanne Durand', 'Jeanne Durand': 1 }
    expect(() => validateIndexLine(named)).toThrow(expect.not.stringContaining('Jeanne'))
  })
})
