import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectorCases, type Mutation, type TestPlace } from '@restitute/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { programConnector } from '../src/index.ts'
import { sampleProgram, temporaryFolder } from './support.ts'

const home = temporaryFolder()
afterAll(() => home[Symbol.dispose]())
const program = sampleProgram(home.path)

const content: Readonly<Record<string, string>> = {
  large: 'rows\n'.repeat(12_000),
  lists: 'a list\n'.repeat(6_000),
  patients: 'Zoë\nAna\n',
  stays: '1\n2\n',
  words: 'x',
}

function place(fill: (system: string) => void): TestPlace {
  const folder = temporaryFolder()
  const system = join(folder.path, 'système')
  fill(system)
  return {
    spec: { name: 'vendor', url: `program:${program}?${new URLSearchParams({ system }).toString()}` },
    digest: async () => digestOf(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}

function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    hash.update(`${entry.name}\n`)
    if (entry.isFile()) hash.update(readFileSync(join(entry.parentPath, entry.name)))
  }
  return hash.digest('hex')
}

function fill(system: string): void {
  mkdirSync(system)
  for (const [name, text] of Object.entries(content)) writeFileSync(join(system, name), text)
}

function mutation(
  name: string,
  change: Mutation['change'],
  item: string,
  act: (path: string) => void,
): Mutation {
  return {
    name,
    change,
    apply: async ({ url }) => {
      const system = new URL(url).searchParams.get('system') ?? ''
      if (existsSync(system)) act(join(system, item))
      return item
    },
  }
}

describe('conformance', () => {
  const cases = connectorCases({
    connector: programConnector,
    source: async () => place(fill),
    target: async () => place(() => {}),
    unreachable: { name: 'vendor', url: 'program:/no-such-program' },
    mutations: [
      mutation('a table is added', 'new', 'visits', (path) => writeFileSync(path, 'new')),
      mutation('a row changes', 'changed', 'patients', (path) => writeFileSync(path, 'Zoé\nAna\n')),
      mutation('a table is removed', 'removed', 'words', (path) => rmSync(path)),
    ],
  })
  it.each(cases)('$name', async ({ run }) => {
    await run()
    expect.assertions(0)
  })
})
