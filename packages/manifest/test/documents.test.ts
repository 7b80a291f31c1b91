import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RestituteError } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  type DocumentKind,
  type Documents,
  documentBytes,
  documentKind,
  parseJson,
  readDocument,
  validateContract,
} from '../src/index.ts'
import { contract } from './contract-example.ts'
import { documents } from './examples.ts'
import { change, members, optionalMembers } from './members.ts'

const kinds = Object.keys(documents) as DocumentKind[]
const folder = join(import.meta.dirname, '../../../manifests/v1/examples')
const example = (name: string): Buffer => readFileSync(join(folder, `${name}.json`))

/** The pointer that the refusal names, in its details as in its message, or `accepted`. */
function verdict(kind: DocumentKind, value: unknown): string {
  try {
    readDocument(kind, Buffer.from(canonicalJson(value)))
    return 'accepted'
  } catch (error) {
    if (!(error instanceof RestituteError) || error.code !== 'document-invalid') throw error
    const pointer = String(error.details['pointer'])
    return error.message.startsWith(`${kind}: ${pointer}: `) ? pointer : error.message
  }
}

describe.each(kinds)('%s', (kind) => {
  const document = documents[kind]

  it('has a published example: the canonical bytes of a typed document with every member', () => {
    expect(example(kind).equals(documentBytes(kind, document as never))).toBe(true)
    expect(readDocument(kind, example(kind))).toEqual(document)
    expect(documentKind(example(kind))).toBe(kind)
  })

  it('needs each member that its type requires, and no other', () => {
    for (const pointer of members(document)) {
      const missing = verdict(kind, change(document, pointer, undefined))
      const optional = optionalMembers[kind].some((pattern) => pattern.test(pointer))
      expect(`${pointer} ${missing}`).toBe(`${pointer} ${optional ? 'accepted' : pointer}`)
    }
  })

  it('takes no value of another kind', () => {
    for (const pointer of members(document)) {
      for (const wrong of [null, { a: { b: [] } }, -1.5, '\u0000']) {
        expect(verdict(kind, change(document, pointer, wrong)), pointer).toMatch(new RegExp(`^${pointer}`))
      }
    }
  })

  it('takes no member that it does not know, anywhere', () => {
    const free = /\/(tools|reasons|salts)$/
    const objects = members(document).filter((pointer) => !free.test(pointer))
    for (const pointer of ['', ...objects]) {
      const extra = change(document, `${pointer}/sneaked`, 1)
      if (extra === undefined) continue
      expect(verdict(kind, extra)).toBe(`${pointer}/sneaked`)
    }
  })

  it('refuses other bytes of the same value', () => {
    const text = canonicalJson(document)
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(document).reverse()))
    for (const bytes of [`${text}\n`, ` ${text}`, text.replace(':', ': '), reordered]) {
      expect(() => readDocument(kind, Buffer.from(bytes))).toThrow('expected canonical JSON (RFC 8785)')
    }
  })

  it('is never written when it does not fit', () => {
    const wrong = { ...document, operation: '../R1' } as unknown as Documents[typeof kind]
    expect(() => documentBytes(kind, wrong as never)).toThrow(`${kind}: /operation: expected the name of an`)
  })
})

describe('typical damage', () => {
  const wrong: [DocumentKind, string, unknown][] = [
    ['manifest', '/volumes/0/sha256', 'ABC'],
    ['manifest', '/volumes/0/sha256', 'A'.repeat(64)],
    ['manifest', '/volumes/0/name', '../000001.tar.zst.pgp'],
    ['manifest', '/volumes/0/name', 'volumes/../../etc/passwd'],
    ['manifest', '/volumes/0/name', '/etc/passwd'],
    ['manifest', '/volumes/0/name', 'volumes\\000001'],
    ['manifest', '/files/0/name', 'volumes//a'],
    ['manifest', '/files/0/name', 'C:a'],
    ['manifest', '/files/0/name', ''],
    ['manifest', '/files/0/name', 'a\n'],
    ['manifest', '/recipients/0', '0xABCD'],
    ['manifest', '/recipients', []],
    ['manifest', '/createdAt', '2026-11-22T10:00:00+01:00'],
    ['manifest', '/createdAt', '2026-13-22T10:00:00Z'],
    ['manifest', '/volumes/0/bytes', -1],
    ['manifest', '/volumes/0/bytes', 2 ** 53],
    ['manifest', '/sequence', 0],
    ['manifest', '/package', 'R1'],
    ['manifest', '/sources/0/name', 'Records'],
    ['manifest', '/sources/0/name', 'a'.repeat(64)],
    ['manifest', '/schema', 'restitute/order/v1'],
    ['manifest', '/schema', 'restitute/manifest/v02'],
    ['manifest', '/demonstration', false],
    ['receipt', '/decision', 'maybe'],
    ['receipt', '/signer/name', 'A\u001b[2J'],
    ['order', '/expiresAt', '2026-12-22'],
    ['order', '/copies', []],
    ['certificate', '/copies/0/country', 'fr'],
    ['certificate', '/copies/0/outcome', 'irrecoverable'],
    ['scope', '/copies/0/rotation', '35 days'],
  ]
  it.each(wrong)('is refused in the %s at %s: %j', (kind, pointer, value) => {
    expect(verdict(kind, change(documents[kind], pointer, value))).toBe(pointer)
  })

  it('is refused in free names too, with the name in the pointer', () => {
    const salts = change(documents.receipt, '/packages/0/salts', { '../a/b': 'a'.repeat(64) })
    expect(verdict('receipt', salts)).toBe('/packages/0/salts/..~1a~1b')
  })

  it('cannot colour the terminal through the pointer', () => {
    const document = { ...documents.scope, 'a\u001b[2J/~': 1 }
    expect(verdict('scope', document)).toBe('/a\\u001b[2J~1~0')
  })
})

describe('documentKind', () => {
  it('refuses what is none of ours', () => {
    for (const text of ['{}', '[]', 'null', '{"schema":"other/manifest/v9"}', '{"schema":["x"]}']) {
      expect(() => documentKind(Buffer.from(text))).toThrow('document: /schema: expected one of restitute/')
    }
  })
})

describe('a document of a form with a number that is still to come', () => {
  const newer = expect.objectContaining({ code: 'newer-version', exit: 4 }) as Error
  it.each(kinds)('is not called wrong, nor taken for one of ours: %s', (kind) => {
    const toCome = { ...documents[kind], schema: `restitute/${kind}/v3` }
    const bytes = Buffer.from(canonicalJson(toCome))
    expect(() => readDocument(kind, bytes)).toThrow(newer)
    expect(() => documentKind(bytes)).toThrow(newer)
    expect(() => documentBytes(kind, toCome as never)).toThrow(newer)
  })
})

describe('the form of a certificate', () => {
  const { certificate } = documents
  const copies = certificate.copies.map((copy) => ({ ...copy, outcome: 'client-custody' }))
  it.each([
    ['v1', certificate.copies, 'accepted'],
    ['v2', certificate.copies, '/schema'],
    ['v1', copies, '/schema'],
    ['v2', copies, 'accepted'],
  ])('is that of what it says: %s', (form, said, expected) => {
    const document = { ...certificate, schema: `restitute/certificate/${form}`, copies: said }
    expect(verdict('certificate', document)).toBe(expected)
  })
})

describe('validateContract', () => {
  const problems = (value: unknown): string[] => {
    const checked = validateContract(value)
    return 'problems' in checked
      ? checked.problems.map(({ pointer, message }) => `${pointer}: ${message}`)
      : []
  }

  it('accepts the published example', () => {
    expect(validateContract(parseJson(example('contract')))).toEqual({ contract })
    expect(example('contract').toString()).toBe(canonicalJson(contract))
  })

  it('needs each member that its type requires, and no other', () => {
    for (const pointer of members(contract)) {
      const optional = optionalMembers.contract.some((pattern) => pattern.test(pointer))
      const found = problems(change(contract, pointer, undefined))
      expect(`${pointer} ${found.join()}`).toBe(`${pointer} ${optional ? '' : `${pointer}: missing`}`)
    }
  })

  it('names every problem at once, with what was expected', () => {
    let value: unknown = contract
    const changes: [string, unknown][] = [
      ['/language', 'de'],
      ['/parties/host/siren', 123456789],
      ['/parties/client/keys', []],
      ['/persons/0/roles', ['admin']],
      ['/instances/0/country', 'France'],
      ['/instances/0/sources/0/name', 'Lab results'],
      ['/instances/0/sources/0/secret', 'hunter2'],
      ['/instances/0/sources/0/window', '22h-6h'],
      ['/instances/0/sources/0/rate', 'fast'],
      ['/instances/0/sources/0/workers', 0],
      ['/instances/0/copies/0/rotation', '35 days'],
      ['/deadlines/acknowledgement', 'PT'],
      ['/approval/authorisers', 1],
      ['/timestamps', {}],
    ]
    for (const [pointer, wrong] of changes) value = change(value, pointer, wrong)
    expect(problems(value).sort()).toMatchInlineSnapshot(`
      [
        "/approval/authorisers: expected a whole number from 2 to 16: nothing is destroyed on one signature",
        "/deadlines/acknowledgement: expected an ISO 8601 duration such as PT48H or P30D",
        "/instances/0/copies/0/rotation: expected an ISO 8601 duration such as PT48H or P30D",
        "/instances/0/country: expected a country of two capital letters (ISO 3166-1), such as FR",
        "/instances/0/sources/0/name: expected a name of 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit",
        "/instances/0/sources/0/rate: expected bytes per second such as 50MB/s",
        "/instances/0/sources/0/secret: expected a reference to a secret: env:, file: or exec: (never the secret itself)",
        "/instances/0/sources/0/window: expected a time window such as 22:00-06:00 (in quotes in YAML)",
        "/instances/0/sources/0/workers: expected a whole number from 1 to 64",
        "/language: expected one of fr, en",
        "/parties/client/keys: expected at least 1 in the list",
        "/parties/host/siren: expected a SIREN of nine digits (in quotes in YAML)",
        "/persons/0/roles/0: expected one of operator, authoriser, verifier",
        "/timestamps: unknown member, expected only restitute, reference, language, profile, demonstration, parties, persons, actors, guarantees, instances, destinations, deadlines, approval, timestamp, receipts, logs, rehearsal, costs, indicators",
      ]
    `)
  })

  it('never repeats a secret', () => {
    const value = change(contract, '/instances/0/sources/0/secret', 'hunter2')
    expect(JSON.stringify(validateContract(value))).not.toContain('hunter2')
  })

  it('refuses key files outside the dossier', () => {
    for (const path of ['/etc/key', '../key.asc', 'keys/../../key.asc', 'keys/..', 'a\\b']) {
      expect(problems(change(contract, '/parties/host/key', path))).toEqual([
        '/parties/host/key: expected a path relative to the dossier, without ..',
      ])
    }
    for (const path of ['keys/..a.asc', 'clés/hôte.asc', './a']) {
      expect(problems(change(contract, '/parties/host/key', path))).toEqual([])
    }
  })

  it('says what a contract is when it is none', () => {
    for (const value of [null, 'text', []])
      expect(problems(value)).toEqual([': expected an object with members'])
  })
})

// A contract's end on 29 February 2027, signed by the client, could be recorded, and no status could be told any more.
it.each([
  ['2027-02-29', false],
  ['2028-02-29', true],
  ['2100-02-29', false],
  ['2000-02-29', true],
  ['2026-02-30', false],
  ['2026-04-31', false],
  ['2026-11-31', false],
  ['2026-12-31', true],
  ['2026-07-31', true],
  ['2026-06-30', true],
  ['2026-00-10', false],
])('a day that there is not is no time: %s', (date, isDay) => {
  const { certificate } = contract.parties.host
  const taken = verdict('request', { ...documents.request, endsAt: `${date}T10:00:00Z` })
  expect(taken).toBe(isDay ? 'accepted' : '/endsAt')
  const host = { ...contract.parties.host, certificate: { ...certificate, expires: date } }
  const checked = validateContract({ ...contract, parties: { ...contract.parties, host } })
  const pointers = 'problems' in checked ? checked.problems.map(({ pointer }) => pointer) : []
  expect(pointers).toEqual(isDay ? [] : ['/parties/host/certificate/expires'])
})
