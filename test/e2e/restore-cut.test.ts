import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Case, openCase } from '../support/case.ts'
import { restitute, startRestitute } from '../support/cli.ts'

let c: Case
let known: readonly string[]
let inPackage = ''

beforeAll(async () => {
  c = await openCase({
    sources: async (root) => [
      { name: 'documents', url: await scans(root) },
      { name: 'records', url: await stays(root) },
    ],
  })
  known = ['--key', c.keyFile('client-1'), '--signer', join(c.dossier, 'keys', 'operator.asc')]
  inPackage = join(c.vault, 'R1-0001')
  await restitute(['export', '--dossier', c.dossier, '--as', c.keyFile('operator')])
})
afterAll(() => c[Symbol.asyncDispose]())

it.each([
  ['documents', 'files'],
  ['records', 'sqlite'],
])('what a killed restoration of %s left in clear is removed by the next one', async (source, kind) => {
  const folder = join(c.root, `restored-${source}`)
  mkdirSync(folder)
  const args = [
    'restore',
    inPackage,
    ...known,
    '--source',
    source,
    '--to',
    `${kind}:${join(folder, 'target')}`,
  ]
  const left = await killed(args, folder)
  expect(left).toEqual([expect.stringMatching(/^target\.restitute-/)])
  const again = await restitute([...args, '--compare'])
  expect(again.stdout).toContain('equal by content')
  expect(again.exit).toBe(0)
  expect(readdirSync(folder)).toEqual(['target'])
})

it('a closed terminal, which says so more than once, leaves nothing of a restoration in clear', async () => {
  const folder = join(c.root, 'closed')
  mkdirSync(folder)
  const to = `files:${join(folder, 'target')}`
  const { child, done } = startRestitute([
    'restore',
    inPackage,
    ...known,
    '--source',
    'documents',
    '--to',
    to,
  ])
  while (readdirSync(folder).length === 0 && child.exitCode === null) await sleep(1)
  for (let sent = 0; sent < 5; sent++) {
    child.kill('SIGHUP')
    await sleep(1)
  }
  expect((await done).exit).toBe(130)
  expect(readdirSync(folder)).toEqual([])
})

it('what a killed extraction left in clear is removed by the next one to the same folder', async () => {
  const to = join(c.root, 'extracted')
  mkdirSync(to)
  const args = ['extract', inPackage, ...known, '--to', to]
  expect(await killed(args, to)).toEqual([expect.stringMatching(/^\.tmp-/)])
  expect((await restitute(args)).exit).toBe(0)
  expect(readdirSync(to)).toEqual(['documents', 'records'])
  const [scan] = [readFileSync(join(to, 'documents', 'data', 'scan-0.raw'))]
  expect(scan.equals(readFileSync(join(c.root, 'tree', 'scan-0.raw')))).toBe(true)
})

it('an extraction removes neither what is somebody’s nor what another one is at', async () => {
  const to = join(c.root, 'shared')
  mkdirSync(join(to, '.tmp-bags.restitute-012345678901'), { recursive: true })
  const { exit, stderr } = await restitute(['extract', inPackage, ...known, '--to', to])
  expect(exit).toBe(2)
  expect(stderr).toContain(join(to, '.tmp-bags.restitute-012345678901'))
  expect(readdirSync(to)).toEqual(['.tmp-bags.restitute-012345678901'])
})

/** Kills a run once it builds something in a folder; gives what lies there then. */
async function killed(args: readonly string[], folder: string): Promise<string[]> {
  const { child, done } = startRestitute(args)
  while (readdirSync(folder).length === 0 && child.exitCode === null) await sleep(1)
  child.kill('SIGKILL')
  expect((await done).exit).toBe(-1)
  return readdirSync(folder)
}

async function scans(root: string): Promise<string> {
  await mkdir(join(root, 'tree'))
  for (let i = 0; i < 40; i++)
    await writeFile(join(root, 'tree', `scan-${i}.raw`), Buffer.alloc(2_000_000, i))
  return `files:${join(root, 'tree')}`
}

async function stays(root: string): Promise<string> {
  const file = join(root, 'record.db')
  execFileSync('sqlite3', [file], {
    input: `CREATE TABLE stay(id INTEGER PRIMARY KEY, note TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO stay SELECT i, hex(randomblob(40)) FROM n;`,
  })
  return `sqlite:${file}`
}
