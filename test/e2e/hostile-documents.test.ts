import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from '../../cli/src/commands/check.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { addSignature } from '../../cli/src/signed-files.ts'
import { type Case, openCase } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { type Reading, reading } from '../support/reading.ts'

/* Documents, contracts and ledgers that are meant to do harm. */

const examples = join(import.meta.dirname, '../../manifests/v1/examples')

let c: Case
let made = 0
beforeAll(async () => {
  c = await openCase({ sources: async () => [] })
})
afterAll(() => c[Symbol.asyncDispose]())

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const folder = join(c.root, `hostile-${++made}`)
  await mkdir(folder)
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

const verified = (path: string): Promise<Reading> =>
  reading(verify({ ...c.session, dossierDir: c.client }, { path, signers: [], packages: [] }))

/** The program, with little memory: what it says is one short JSON document, and no stack. */
async function frugally(...args: readonly string[]): Promise<Reading> {
  const run = await restitute([...args, '--json'], { NODE_OPTIONS: '--max-old-space-size=256' })
  expect(run.stderr).not.toMatch(/^\s+at /m)
  expect(run.stdout.length).toBeLessThan(100_000)
  const { error, findings = [] } = run.json() as { error?: { code: string }; findings?: { code: string }[] }
  return { exit: run.exit, codes: error ? [error.code] : findings.map(({ code }) => code) }
}

/** What can be done to any JSON document; nothing of it is a document any more. */
const changes: readonly [string, (json: string) => string | Uint8Array, RegExp][] = [
  ['a member twice', (json) => json.replace('{', '{"schema":"restitute/x/v1",'), /document-invalid/],
  ['another prototype', (json) => json.replace('{', '{"__proto__":{"schema":1},'), /document-invalid/],
  [
    'a constructor',
    (json) => json.replace('{', '{"constructor":{"prototype":{}},'),
    /document-invalid|not-canonical/,
  ],
  ['an unknown member', (json) => json.replace('{', '{"AAA":1,'), /document-invalid/],
  ['a number that is infinite', (json) => json.replace('{', '{"AAA":1e999,'), /document-invalid/],
  ['half a character', (json) => json.replace('{', '{"AAA":"\\ud800",'), /document-invalid/],
  ['a null character', (json) => json.replace('{', '{"AAA":"\\u0000",'), /document-invalid/],
  [
    'bytes that are not UTF-8',
    (json) => Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from([0xff, 0x7d])]),
    /document-invalid/,
  ],
  ['a byte order mark', (json) => `\ufeff${json}`, /document-invalid/],
  ['a line feed at the end', (json) => `${json}\n`, /not-canonical|document-invalid/],
  ['spaces', (json) => JSON.stringify(JSON.parse(json), undefined, 1), /not-canonical|document-invalid/],
  ['another document after it', (json) => json + json, /document-invalid/],
  ['no end', (json) => json.slice(0, -1), /document-invalid/],
  ['lists in lists', () => '['.repeat(100_000), /hostile-(input|content)/],
  ['objects in objects', () => '{"schema":'.repeat(100_000), /hostile-(input|content)/],
  ['a list', (json) => `[${json}]`, /document-invalid/],
  ['nothing', () => '', /document-invalid/],
  [
    'a text of 64 MiB',
    (json) => json.replace('{', `{"AAA":"${'x'.repeat(2 ** 26)}",`),
    /document-invalid|hostile/,
  ],
]

describe.each(['receipt', 'order', 'certificate', 'scope', 'manifest'])('a hostile %s', (kind) => {
  it.each(changes)('is refused with %s', async (_what, change, expected) => {
    const json = await readFile(join(examples, `${kind}.json`), 'utf8')
    const path = await written(kind === 'manifest' ? 'manifest.json' : `${kind}-R1.json`, change(json))
    const { exit, codes } = await verified(kind === 'manifest' ? join(path, '..') : path)
    expect(codes[0]).toMatch(expected)
    expect(exit).toBe(3)
  })
})

it('a scope that one person signed is not one of both sides, whoever is named', async () => {
  const bytes = await readFile(join(examples, 'scope.json'))
  const path = await written('scope-R1.json', bytes)
  const signers = (['host', 'client-1'] as const).map((member) => c.keyFile(member).replace(/key$/, 'asc'))
  const judged = (named: readonly string[]): Promise<Reading> =>
    reading(verify({ ...c.session, dossierDir: c.client }, { path, signers: named, packages: [] }))
  await addSignature(path, bytes, c.cast.key('host'), new Date())
  expect(await judged(signers)).toEqual({ exit: 3, codes: ['quorum-missing'] })
  expect(await judged(signers.slice(0, 1))).toEqual({ exit: 3, codes: ['quorum-missing'] })
  await addSignature(path, bytes, c.cast.key('client-1'), new Date())
  expect(await judged(signers)).toEqual({ exit: 0, codes: [] })
})

it('a document of 64 MiB, or nested without end, takes the program little memory', async () => {
  for (const content of [
    `{"schema":"${'x'.repeat(2 ** 26)}"}`,
    '['.repeat(2 ** 26),
    '{"a":'.repeat(2 ** 23),
  ]) {
    const { exit, codes } = await frugally('verify', await written('order-R1.json', content))
    expect(exit).toBe(3)
    expect(codes.join()).toMatch(/document-invalid|hostile-input/)
  }
})

describe('what was handed over beside a document', () => {
  const member = '0'.repeat(40)
  const run = (...args: readonly string[]): Promise<unknown> =>
    restitute([...args, '--json']).then((r) => r.json())

  it.each(['receipt-R1.json', `receipt-R1.json.${member}.asc`, `receipt-R1.json.${member}.asc.tsr`])(
    'a pipe in the place of %s hangs nobody',
    async (name) => {
      const path = await written('receipt-R1.json', await readFile(join(examples, 'receipt.json')))
      if (name.endsWith('.tsr')) await writeFile(`${path}.${member}.asc`, '')
      await rm(join(path, '..', name), { force: true })
      await promisify(execFile)('mkfifo', [join(path, '..', name)])
      expect(await run('verify', path)).toMatchObject({ exit: 4, error: { code: 'not-found' } })
    },
  )

  it.each(['receipt-R1.json', `receipt-R1.json.${member}.asc`])('%s without end is refused', async (name) => {
    const path = await written('receipt-R1.json', await readFile(join(examples, 'receipt.json')))
    const long = join(path, '..', name)
    await writeFile(long, '')
    await truncate(long, 3 * 2 ** 30)
    expect(await run('verify', path)).toMatchObject({ exit: 3, error: { code: 'hostile-input' } })
  })

  it('a key without end is no key', async () => {
    const path = await written('receipt-R1.json', await readFile(join(examples, 'receipt.json')))
    const key = join(path, '..', 'host.asc')
    await writeFile(key, '')
    await truncate(key, 3 * 2 ** 30)
    const { exit, codes } = await frugally('verify', path, '--signer', key)
    expect({ exit, codes }).toEqual({ exit: 2, codes: ['key-unfit'] })
  })
})

describe('a hostile contract', () => {
  const laughs = (n: number): string =>
    Array.from({ length: n }, (_, i) =>
      i === 0
        ? 'a0: &a0 [lol, lol]'
        : `a${i}: &a${i} [${Array(9)
            .fill(`*a${i - 1}`)
            .join(', ')}]`,
    ).join('\n')
  it.each<[string, string]>([
    ['aliases of aliases of aliases', laughs(12)],
    ['lists in lists', '['.repeat(500_000)],
    ['maps in maps', '{a: '.repeat(200_000)],
    ['dashes in dashes', '- '.repeat(100_000)],
    ['a key of 1 MiB', `${'x'.repeat(1_000_000)}: 1`],
  ])('%s take the program little memory', async (_what, yaml) => {
    const folder = join(await written('contract.yaml', yaml), '..')
    const { exit, codes } = await frugally('check', '--contract', '--dossier', folder)
    expect(codes).toEqual(['contract-invalid'])
    expect(exit).toBe(2)
  })

  it.each<[string, string | Uint8Array, string?]>([
    ['an alias to itself', 'restitute: &a [*a]'],
    ['a thousand aliases', `a: &a 1\nb: [${Array(1000).fill('*a').join(', ')}]`],
    ['indentation without end', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['a scalar of almost 1 MiB', `reference: ${'x'.repeat(2 ** 20 - 100)}`],
    ['more than 1 MiB', `# ${'x'.repeat(2 ** 20)}\nrestitute: 1`, 'hostile-input'],
    ['a key twice', 'restitute: 1\nrestitute: 1'],
    ['a key that is a list', '? [a, b]\n: 1'],
    ['another prototype', 'restitute: 1\n__proto__: { reference: x }'],
    ['a tag of a program', 'reference: !!js/function "function () { process.exit(0) }"'],
    ['a tag of Python', 'reference: !!python/object/apply:os.system ["touch /tmp/moo"]'],
    ['a tag of its own', '%TAG ! tag:example.org,2000:\n---\nreference: !moo x'],
    ['binary', 'reference: !!binary AAAA'],
    ['a merge key', 'a: &a { reference: x }\n<<: *a'],
    ['two documents', 'restitute: 1\n---\nrestitute: 1'],
    ['not a number', 'restitute: .nan'],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff])],
    ['nothing', ''],
  ])('%s is refused', async (_what, yaml, code = 'contract-invalid') => {
    const dossierDir = join(await written('contract.yaml', yaml), '..')
    const { exit, codes } = await reading(check({ ...c.session, dossierDir }, { contractOnly: true }))
    expect(codes).toEqual([code])
    expect([2, 3]).toContain(exit)
  })
})

describe('a hostile ledger', () => {
  const event = {
    at: '2026-11-22T10:00:00Z',
    body: {},
    operation: 'R1',
    person: '0'.repeat(40),
    previous: '0'.repeat(64),
    sequence: 1,
    type: 'requested',
  }
  const line = (change: object, signature = 'AAAA'): string =>
    JSON.stringify({ event: { ...event, ...change }, signature })

  it.each<[string, string | Uint8Array]>([
    ['no JSON', 'moo\n'],
    ['a list', '[]\n'],
    ['an empty line', '\n'],
    ['nothing', ''],
    ['lists in lists', `${'['.repeat(100_000)}\n`],
    ['a member twice', `${line({}).replace('{', '{"signature":"AAAA",')}\n`],
    ['another prototype', `${line({}).replace('"body":{}', '"body":{"__proto__":{"kind":1}}')}\n`],
    ['a stranger', `${line({})}\n`],
    ['a signature that is none', `${line({}, '!')}\n`],
    ['a number beyond all', `${line({ sequence: 2 ** 53 })}\n`],
    ['an unknown type', `${line({ type: 'certified-somehow' })}\n`],
    ['an unknown member', `${line({ extra: 1 })}\n`],
    ['a time that is none', `${line({ at: '2026-99-99T99:99:99Z' })}\n`],
    [
      'a body nested without end',
      `${line({}).replace('"body":{}', `"body":{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`)}\n`,
    ],
    ['ten thousand lines of nothing', '{}\n'.repeat(10_000)],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
  ])('%s is refused', async (_what, content) => {
    const { exit, codes } = await verified(await written('ledger.jsonl', content))
    expect(exit).toBe(3)
    expect(codes[0]).toMatch(/^(ledger-|signature-|signer-|hostile-content)/)
  })

  it('a line without end takes the program little memory', async () => {
    const path = await written('ledger.jsonl', Buffer.alloc(300 * 2 ** 20, 'x'))
    expect(await frugally('verify', path)).toMatchObject({ exit: 3 })
  })
})
