import { existsSync } from 'node:fs'
import { cp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../cli/src/demo/random.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { readDatabase, writeDatabase } from '../../packages/run/src/journal/database.ts'
import { shardRows } from '../../packages/run/src/journal/shards.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { type Case, openCase } from '../support/case.ts'
import { type CliRun, startRestitute } from '../support/cli.ts'
import { entrySet } from '../support/entry-set.ts'
import { plantSources } from './sources.ts'

/** What came of it. */
export interface CrashTally {
  kills: number
  /** Packages that were made whole in spite of them. */
  packages: number
  /** Volumes of those packages that a run before the last had made, and that the last made. */
  reused: number
  made: number
  /** Finished volumes that were looked at again after a kill: none of them was touched. */
  untouched: number
}

/** What is told of the run as it goes. */
export type Tell = (line: string) => void

const name = 'R1-0001'
/** A first kill comes within this time; each further one of the same package a little later, so that it ends some day. */
const shortestMs = 2000
const growth = 1.15

/**
 * Exports the same sources again and again, killing the program at random moments, until it was killed so many times.
 * Throws when a package made in spite of it is not what an undisturbed run makes.
 */
export async function killExports(kills: number, random: Random, tell: Tell): Promise<CrashTally> {
  await using c = await openCase({ sources: plantSources })
  await cp(c.dossier, `${c.dossier}-fresh`, { recursive: true })
  const first = await exporting(c).done
  if (first.exit !== 0) throw new Error(`undisturbed export: exit ${first.exit}, ${first.stderr}`)
  const expected = await entriesOf(c)
  tell(`undisturbed: ${expected.length} entries`)
  const tally: CrashTally = { kills: 0, packages: 0, reused: 0, made: 0, untouched: 0 }
  while (tally.kills < kills) {
    await startOver(c)
    const last = await killUntilWhole(c, (after) => random.below(shortestMs * growth ** after), tally)
    await check(c, expected, last, tally)
    tell(`${tally.kills} kills, ${tally.packages} packages whole and equal`)
  }
  return tally
}

function exporting(c: Case): ReturnType<typeof startRestitute> {
  return startRestitute([
    'export',
    '--dossier',
    c.dossier,
    '--as',
    c.keyFile('operator'),
    '--json',
    '--quiet',
  ])
}

async function startOver(c: Case): Promise<void> {
  await rm(c.dossier, { recursive: true })
  await cp(`${c.dossier}-fresh`, c.dossier, { recursive: true })
  await rm(join(c.vault, name), { recursive: true })
}

/** Runs the export until it ends by itself before its kill; `wait` is told how often it was killed and gives milliseconds. */
async function killUntilWhole(c: Case, wait: (after: number) => number, tally: CrashTally): Promise<CliRun> {
  let finished = new Map<string, string>()
  for (let after = 0; ; after++) {
    const { child, done } = exporting(c)
    await Promise.race([done, sleep(wait(after))])
    const killed = child.kill('SIGKILL')
    const run = await done
    tally.untouched += await checkUntouched(finished, c)
    if (!killed || run.exit !== -1) return run
    tally.kills++
    finished = await finishedVolumes(c)
  }
}

/** Inode and time of every volume that the journal knows as finished. */
async function finishedVolumes(c: Case): Promise<Map<string, string>> {
  const journal = join(c.dossier, 'work', name, 'journal.sqlite')
  if (!existsSync(journal) || (await stat(journal)).size === 0) return new Map()
  using db = readDatabase(journal)
  // A kill at the very start leaves a journal without tables.
  if (db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'shards'`).get() === undefined) return new Map()
  const records = shardRows(db).flatMap(({ result }) => (result ? [result.record.name] : []))
  const volumes = records.map(async (volume) => [volume, await identity(c, volume)] as const)
  return new Map(await Promise.all(volumes))
}

async function identity(c: Case, volume: string): Promise<string> {
  const { ino, mtimeNs } = await stat(join(c.vault, name, volume), { bigint: true })
  return `${ino} ${mtimeNs}`
}

async function checkUntouched(finished: ReadonlyMap<string, string>, c: Case): Promise<number> {
  for (const [volume, before] of finished) {
    const now = await identity(c, volume)
    if (now !== before) throw new Error(`${volume} was finished before the kill, yet made again`)
  }
  return finished.size
}

async function check(c: Case, expected: readonly string[], last: CliRun, tally: CrashTally): Promise<void> {
  if (cameTooLate(last)) workOffLog(c)
  else countVolumes(last, tally)
  const got = await entriesOf(c)
  if (got.join('\n') !== expected.join('\n')) throw new Error(`entries differ: ${difference(expected, got)}`)
  await checkVerified(c)
  await checkLeftovers(c)
  tally.packages++
}

/** The run before had ended its work when it was killed: there is nothing left to export. */
function cameTooLate({ exit, stdout }: CliRun): boolean {
  return exit === 2 && stdout.includes(`already has the package ${name}`)
}

/** A kill after the seal leaves the log of SQLite's journal, which whoever opens that next works off. */
function workOffLog(c: Case): void {
  using db = writeDatabase(join(c.dossier, 'work', name, 'journal.sqlite'))
  // SQLite opens a file when it is first read.
  shardRows(db)
}

function countVolumes(last: CliRun, tally: CrashTally): void {
  if (last.exit !== 0) throw new Error(`the last export: exit ${last.exit}, ${last.stdout}${last.stderr}`)
  const { reused = -1, made = -1, total } = last.json()['volumes'] as Record<string, number>
  if (reused + made !== total) throw new Error(`volumes: ${reused} reused + ${made} made is not ${total}`)
  tally.reused += reused
  tally.made += made
}

/** Without the two files of each bag that name the day on which it was begun. */
async function entriesOf(c: Case): Promise<string[]> {
  const destination = directoryDestination(join(c.vault, name))
  const entries = await entrySet(await openPackage(destination), c.cast.key('client-1'))
  return entries.filter((entry) => !/^\S+ (bag-info|tagmanifest-sha256)\.txt /.test(entry))
}

function difference(expected: readonly string[], got: readonly string[]): string {
  const [missing, extra] = [
    new Set(expected).difference(new Set(got)),
    new Set(got).difference(new Set(expected)),
  ]
  return [...missing]
    .map((one) => `- ${one}`)
    .concat([...extra].map((one) => `+ ${one}`))
    .slice(0, 20)
    .join('; ')
}

async function checkVerified(c: Case): Promise<void> {
  const destination = directoryDestination(join(c.vault, name))
  const trust = { signers: [c.cast.key('operator').publicKey] }
  const { findings } = await verifyPackage({
    ...{ destination, trust, opener: { privateKeys: [c.cast.key('client-1')] } },
  })
  if (findings.length > 0) throw new Error(`findings: ${JSON.stringify(findings)}`)
}

/** Nothing lies in dossier and package but what an undisturbed run leaves there. */
async function checkLeftovers(c: Case): Promise<void> {
  const all = await readdir(c.root, { recursive: true })
  const left = all.filter((path) => /(^|\/)\.(tmp|lock)|-wal$|-shm$/.test(path))
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
}
