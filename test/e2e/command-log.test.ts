import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { verifyDetached } from '../../packages/seal/src/index.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { letters } from '../support/receipts.ts'

/*
 * The technical log of a dossier (SEC-JOU), through the program itself: what was run, reviewed every month, purged once
 * it has been kept for as long as the contract says, and shown to the client.
 */

const opened: Case[] = []
afterEach(async () => {
  for (const c of opened.splice(0)) await c[Symbol.asyncDispose]()
})

async function begin(): Promise<Case> {
  const c = await openCase({ sources: letters, contract: (yaml) => `${yaml}logs: { keep: P6M }\n` })
  opened.push(c)
  await pin(c)
  return c
}

const run = (c: Case, ...args: readonly string[]): Promise<CliRun> =>
  restitute([...args, '--dossier', c.dossier])
const as = (c: Case, member: Parameters<Case['keyFile']>[0]): string[] => ['--as', c.keyFile(member)]

async function entries(c: Case): Promise<Record<string, unknown>[]> {
  const folder = join(c.dossier, 'log')
  const names = existsSync(folder) ? (await readdir(folder)).sort() : []
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts
    .flatMap((text) => text.trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function due(c: Case): Promise<{ action: string; due: string; overdue: boolean }[]> {
  const all = (await run(c, 'status', '--json')).json()['due'] as {
    action: string
    due: string
    overdue: boolean
  }[]
  return all.filter(({ action }) => action.endsWith('-log'))
}

async function events(c: Case, type: string): Promise<Record<string, unknown>[]> {
  const all = (await run(c, 'ledger', '--json')).json()['events'] as {
    type: string
    body: Record<string, unknown>
  }[]
  return all.filter((event) => event.type === type).map(({ body }) => body)
}

const agoText = (days: number): string =>
  new Date(Date.now() - days * 86_400_000).toISOString().replace(/\.\d+/, '')

/** Entries of earlier days, as the program would have left them. */
async function before(c: Case, ...days: readonly number[]): Promise<void> {
  await mkdir(join(c.dossier, 'log'), { recursive: true })
  for (const at of days.map(agoText)) {
    const line = JSON.stringify({ account: 0, at, command: 'status', exit: 0, seconds: 1 })
    await writeFile(join(c.dossier, 'log', `${at.slice(0, 7)}.jsonl`), `${line}\n`, { flag: 'a' })
  }
}

it('says who ran what and how it ended, and nothing else', async () => {
  const c = await begin()
  await run(c, 'inventory', '--scope', join(c.slips, 'Dupont-scope.json'))
  await run(c, 'authorise', ...as(c, 'authoriser-1'))
  await run(c, 'export', ...as(c, 'operator'), '--to', 'nowhere-at-all')
  const found = await entries(c)
  expect(found).toMatchObject([
    { command: 'inventory', exit: 0, account: expect.any(Number) },
    { command: 'authorise', exit: 6, error: 'guard-refused', person: c.cast.key('authoriser-1').fingerprint },
    { command: 'export', exit: 2, error: 'usage', person: c.cast.key('operator').fingerprint },
  ])
  const allowed = ['account', 'at', 'command', 'error', 'exit', 'person', 'seconds']
  for (const entry of found) expect(Object.keys(entry).filter((name) => !allowed.includes(name))).toEqual([])
  expect(JSON.stringify(found)).not.toMatch(/Dupont|nowhere/)
})

it('is kept where the case is, and stops no command where it cannot be', async () => {
  const c = await begin()
  const elsewhere = join(c.root, 'elsewhere')
  await mkdir(elsewhere)
  await restitute([
    'keygen',
    '--name',
    'A',
    '--email',
    'a@b.example',
    '--out',
    elsewhere,
    '--dossier',
    elsewhere,
  ])
  expect(existsSync(join(elsewhere, 'log'))).toBe(false)
  await writeFile(join(c.dossier, 'log'), 'in the way')
  const { exit, stderr } = await run(c, 'ledger')
  expect([exit, stderr]).toEqual([
    0,
    expect.stringContaining('technical log of this dossier cannot be written'),
  ])
})

it('is due to be reviewed within a month, and a changed line is found out after the review', async () => {
  const c = await begin()
  await before(c, 45)
  expect(await due(c)).toMatchObject([{ action: 'review-log', overdue: true }])
  const reviewed = await run(c, 'log', 'review', ...as(c, 'verifier'))
  expect([reviewed.exit, reviewed.stdout]).toEqual([
    0,
    expect.stringMatching(/reviewed until .*: \d+ entries/),
  ])
  expect(await events(c, 'log-reviewed')).toMatchObject([
    { entries: expect.any(Number), failures: 0, refusals: 0 },
  ])
  expect((await due(c)).filter(({ overdue }) => overdue)).toEqual([])
  const [month = ''] = (await readdir(join(c.dossier, 'log'))).sort()
  const path = join(c.dossier, 'log', month)
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"exit":0', '"exit":1'))
  for (const action of ['show', 'review', 'purge']) {
    const { exit, stderr } = await run(c, 'log', action, ...as(c, 'verifier'))
    expect([exit, stderr]).toEqual([3, expect.stringContaining('are not those that event')])
  }
  expect((await run(c, 'log', '--json')).json()).toMatchObject({
    changedSince: 2,
    items: expect.arrayContaining([expect.objectContaining({ exit: 1 })]),
  })
  await rm(path)
  expect((await run(c, 'log')).exit).toBe(3)
})

it('goes on after a change, once a review has stated it, and finds out the next one', async () => {
  const c = await begin()
  await before(c, 200, 190)
  const needless = await run(c, 'log', 'review', '--changed', ...as(c, 'verifier'))
  expect([needless.exit, needless.stderr]).toEqual([2, expect.stringContaining('is there as it was')])
  await run(c, 'log', 'review', ...as(c, 'verifier'))
  const [month = ''] = (await readdir(join(c.dossier, 'log'))).sort()
  const path = join(c.dossier, 'log', month)
  const change = async (): Promise<void> =>
    writeFile(path, (await readFile(path, 'utf8')).replace('"seconds":1', '"seconds":11'))
  await change()
  const stated = await run(c, 'log', 'review', '--changed', ...as(c, 'verifier'))
  expect([stated.exit, stated.stdout]).toEqual([
    0,
    expect.stringContaining('stated: what was reviewed before'),
  ])
  const [first, second] = await events(c, 'log-reviewed')
  expect(second).toMatchObject({ changed: 2, from: first?.['from'] })
  const minutes = join(c.root, 'minutes.html')
  await run(c, 'document', 'minutes', '--out', minutes, '--lang', 'fr')
  expect(await readFile(minutes, 'utf8')).toContain('modifié depuis l’événement 2')
  expect((await run(c, 'log')).exit).toBe(0)
  await change()
  expect((await run(c, 'log')).exit).toBe(3)
  await run(c, 'log', 'review', '--changed', ...as(c, 'verifier'))
  expect((await run(c, 'log', 'purge', ...as(c, 'operator'))).stdout).toContain('purged 2 entries')
  expect((await run(c, 'log')).exit).toBe(0)
})

it('is purged of what the contract no longer keeps, once reviewed, and of nothing else', async () => {
  const c = await begin()
  await before(c, 400, 200, 190, 170, 20)
  expect(await due(c)).toMatchObject([{ action: 'review-log' }, { action: 'purge-log', overdue: true }])
  const early = await run(c, 'log', 'purge', ...as(c, 'operator'))
  expect([early.exit, early.stderr]).toEqual([
    6,
    expect.stringContaining('3 of the entries to purge were never reviewed'),
  ])
  expect((await entries(c)).filter(({ command }) => command === 'status').length).toBeGreaterThanOrEqual(5)
  await run(c, 'log', 'review', ...as(c, 'verifier'))
  const purged = await run(c, 'log', 'purge', ...as(c, 'operator'))
  expect([purged.exit, purged.stdout]).toEqual([0, expect.stringContaining('purged 3 entries, kept for P6M')])
  const days = (await entries(c)).map(({ at }) =>
    Math.round((Date.now() - Date.parse(String(at))) / 86_400_000),
  )
  expect(days.slice(0, 3)).toEqual([170, 20, 0])
  expect(await events(c, 'log-purged')).toMatchObject([
    { entries: 3, keep: 'P6M', linesSha256: expect.any(String) },
  ])
  const again = await run(c, 'log', 'purge', ...as(c, 'operator'))
  expect([again.exit, again.stdout]).toEqual([0, 'nothing is old enough to be purged\n'])
  expect(await events(c, 'log-purged')).toHaveLength(1)
  expect(await due(c)).toMatchObject([{ action: 'review-log', overdue: false }])
  expect((await run(c, 'log')).exit).toBe(0)
})

it('gives the client its traces: ledger and log by time, without names, signed', async () => {
  const c = await begin()
  await before(c, 100, 30)
  await run(c, 'log', 'review', ...as(c, 'verifier'))
  const out = join(c.root, 'traces.jsonl')
  const made = await run(c, 'log', 'extract', '--out', out, ...as(c, 'operator'))
  expect(made.exit, made.stderr).toBe(0)
  const bytes = await readFile(out)
  const lines = bytes
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines[0]).toMatchObject({ schema: 'restitute/traces/v1', contract: { reference: 'TEST-1' } })
  const times = lines.slice(1).map(({ at }) => String(at))
  expect(times).toEqual(times.toSorted())
  expect(lines.slice(1).map(({ type, command }) => type ?? command)).toEqual([
    'status',
    'contract-pinned',
    'status',
    'log-reviewed',
    'log',
  ])
  expect(bytes.toString('utf8')).not.toMatch(/authoriser-1"|name/)
  const operator = c.cast.key('operator')
  const [verdict] = await verifyDetached(bytes, await readFile(`${out}.${operator.fingerprint}.asc`), [
    operator.publicKey,
  ])
  expect(verdict?.state).toBe('good')
  expect((await run(c, 'log', 'extract', '--out', out, ...as(c, 'operator'))).exit).toBe(1)
})

it('no extract is signed that leaves everything out because its time was mistyped', async () => {
  const c = await begin()
  for (const since of ['yesterday', '01/11/2026', '2026-11-01T00:00:00+01:00', '2026-13-01T00:00:00Z']) {
    const out = join(c.root, 'traces.jsonl')
    const extract = await run(c, 'log', 'extract', '--since', since, '--out', out, ...as(c, 'operator'))
    expect([extract.exit, existsSync(out)]).toEqual([2, false])
    expect(extract.stderr).toContain(`expected a time in UTC such as 2026-11-01T00:00:00Z, got "${since}"`)
  }
  expect((await run(c, 'log', '--since', '2020-01-01')).exit).toBe(0)
})

it('goes on after a line that a full disk has cut: the next entry is kept, and a purge goes past it', async () => {
  const c = await begin()
  await before(c, 400, 20)
  const folder = join(c.dossier, 'log')
  await writeFile(join(folder, `${agoText(500).slice(0, 7)}.jsonl`), '{"account":0,"at":"20')
  const month = join(folder, `${agoText(0).slice(0, 7)}.jsonl`)
  await writeFile(month, '{"account":0,"at":"20', { flag: 'a' })
  await run(c, 'authorise', ...as(c, 'authoriser-1'))
  const lines = (await readFile(month, 'utf8')).trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ command: 'authorise', exit: 6 })
  await run(c, 'log', 'review', ...as(c, 'verifier'))
  const purged = await run(c, 'log', 'purge', ...as(c, 'operator'))
  expect([purged.exit, purged.stdout]).toEqual([0, expect.stringContaining('purged 1 entries')])
})
