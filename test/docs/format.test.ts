import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { safeName, safeNames } from '../../packages/core/src/index.ts'
import { validateIndexLine } from '../../packages/manifest/src/index.ts'
import { withFindings } from './findings.ts'

const root = join(import.meta.dirname, '../..')
const format = readFileSync(join(root, 'docs/format.md'), 'utf8')
const json = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))

type Schema = { readonly [key: string]: unknown }

/** Every member that a schema and what it refers to allow. */
function membersOf(schema: unknown, common: Schema, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found
  const { properties, $ref } = schema as Schema
  for (const name of Object.keys((properties as Schema | undefined) ?? {})) found.add(name)
  const shared = /^urn:restitute:v1:common#\/\$defs\/(\w+)$/.exec(String($ref))?.[1]
  if (shared) membersOf((common['$defs'] as Schema)[shared], common, found)
  for (const value of Object.values(schema)) membersOf(value, common, found)
  return found
}

/** The first column of the table under this head. */
function column(head: string): string[] {
  const [, rows = ''] = format.split(`| ${head} | value |\n`)
  const table = rows.slice(0, rows.indexOf('\n\n'))
  return table.split('\n').flatMap((row) => /^\| `(\w+)` \|/.exec(row)?.[1] ?? [])
}

describe('docs/format.md', () => {
  it('names every member of the manifest', () => {
    const common = json('manifests/v1/common.schema.json') as Schema
    const members = membersOf(json('manifests/v1/manifest.schema.json'), common)
    expect(members.size).toBeGreaterThan(50)
    expect([...members].filter((name) => !format.includes(`\`${name}\``))).toEqual([])
  })

  it('names exactly the members of the lines of an index', () => {
    const values = {
      ...{ item: 'a', kind: 'file', state: 'lost', bytes: 1, count: 1, mark: '', digest: '0'.repeat(64) },
      ...{ attributes: {}, leader: 'b', reason: 'why' },
      ...{ entry: 'data/a', type: 'link', link: 'data/b', size: 1, sha256: '0'.repeat(64) },
      ...{ volume: 'volumes/000001.tar.zst.pgp', part: 1 },
    }
    const lineOf = (members: readonly string[]): object =>
      Object.fromEntries(Object.entries(values).filter(([name]) => members.includes(name)))
    const [item, entry] = [column('member of an item'), column('member of an entry')]
    expect(validateIndexLine(lineOf(item))).toEqual(lineOf(item))
    expect(validateIndexLine(lineOf(entry))).toEqual(lineOf(entry))
    expect(new Set([...item, ...entry])).toEqual(new Set(Object.keys(values)))
  })

  it('has the table of findings as it is', () => {
    expect(withFindings(format)).toBe(format)
  })

  it('gives true examples of safe names', () => {
    const latin = Buffer.from([0x6c, 0xe9])
    expect(format).toMatch(new RegExp(`Report 100%\\.txt +→ +${safeName('Report 100%.txt')}\n`))
    expect(format).toMatch(new RegExp(`6c e9 .* → +${safeNames([latin])[0]}\n`))
  })
})
