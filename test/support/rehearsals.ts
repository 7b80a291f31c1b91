import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import type { RehearseOptions } from '../../cli/src/rehearsal/rehearse.ts'
import type { Session } from '../../cli/src/session.ts'
import type { Progress } from '../../packages/core/src/index.ts'
import type { Rehearsal } from '../../packages/manifest/src/index.ts'
import { type Case, openCase, pin } from './case.ts'

/** A tree of letters and two scans; its source URL. */
export async function letters(root: string): Promise<string> {
  for (let i = 0; i < 300; i++) {
    const folder = join(root, 'tree', `ward-${i % 5}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `letter-${i}.txt`), `letter ${i}\n`.repeat(1 + (i % 60)))
  }
  for (let i = 0; i < 2; i++)
    await writeFile(join(root, 'tree', `scan-${i}.raw`), Buffer.alloc(3_000_000, i + 7))
  return `files:${join(root, 'tree')}`
}

/** A database of patients and their stays; its source URL. */
export async function record(root: string): Promise<string> {
  const file = join(root, 'record.db')
  execFileSync('sqlite3', [file], {
    input: `CREATE TABLE patient(id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE stay(patient INTEGER REFERENCES patient, note TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO patient SELECT i, 'P' || i FROM n;
      INSERT INTO stay SELECT id, hex(randomblob(100)) FROM patient;`,
  })
  return `sqlite:${file}`
}

/** A pinned case of both. */
export async function hospital(contract?: (yaml: string) => string): Promise<Case> {
  const c = await openCase({
    sources: async (root) => [
      { name: 'documents', url: await letters(root) },
      { name: 'records', url: await record(root) },
    ],
    ...(contract && { contract }),
  })
  await pin(c)
  return c
}

/** What the tests ask of a rehearsal. */
export const asked: RehearseOptions = { sources: [], sample: '20%', workers: 2 }

/** A rehearsal by the case's clock, and its report. */
export async function report(
  c: Case,
  progress?: Progress,
  parts: Partial<Session> = {},
): Promise<{ exit: number; report: Rehearsal; path: string }> {
  const began = performance.now()
  const from = c.clock.at
  const clock = { now: () => (c.clock.at = new Date(from.getTime() + performance.now() - began)) }
  const session = { ...c.as('operator'), clock, ...(progress && { progress }), ...parts }
  const { exit, json } = await rehearse(session, asked)
  const path = json['report'] as string
  return { exit, report: JSON.parse(await readFile(path, 'utf8')) as Rehearsal, path }
}
