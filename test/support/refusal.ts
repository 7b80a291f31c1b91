import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ErrorCode } from '../../packages/core/src/index.ts'
import { type CliRun, restitute } from './cli.ts'
import { treeDigest } from './tree-digest.ts'

/** What a run that fails must say. */
export interface Refusal {
  readonly code: ErrorCode
  readonly exit: number
  /** Where the reader can act. */
  readonly hint?: RegExp
  /** Part of the message. */
  readonly message?: RegExp
}

/** Runs the program with `--json` and asserts that it fails as `refusal` says and leaves every folder as it was. */
export async function expectRefusal(
  args: readonly string[],
  refusal: Refusal,
  folders: readonly string[],
): Promise<CliRun> {
  const before = await Promise.all(folders.map(withoutLog))
  const run = await restitute([...args, '--json'])
  expectFailure(run, refusal)
  expect(await Promise.all(folders.map(withoutLog))).toEqual(before)
  return run
}

/** The technical log is there to hold refusals too. */
function withoutLog(folder: string): Promise<string> {
  return treeDigest(folder, /(?:^|\/)log(?:$|\/\d{4}-\d{2}\.jsonl$)/)
}

/** Asserts what a failed run says: one JSON document on stdout, the exit status in it and of the process. */
export function expectFailure(run: CliRun, { code, exit, hint, message }: Refusal): void {
  expect(run.json(), run.stderr).toMatchObject({ exit, error: { code } })
  expect(run.exit).toBe(exit)
  const error = run.json()['error'] as { readonly message: string; readonly hint?: string }
  if (message !== undefined) expect(error.message).toMatch(message)
  if (hint !== undefined) expect(error.hint).toMatch(hint)
}

/** Asserts that a failed export left nothing that looks finished and no temporary file, and a ledger that verifies. */
export async function expectResumable(dossier: string, vault: string): Promise<void> {
  const names = await readdir(vault, { recursive: true }).catch(() => [])
  expect(names.filter((name) => /\.tmp-|manifest\.json/.test(name))).toEqual([])
  const ledger = await restitute(['ledger', 'verify', '--dossier', dossier, '--json'])
  expect(ledger.exit, ledger.stdout).toBe(0)
  expect((await readdir(join(dossier, 'work'), { recursive: true })).join()).not.toMatch(/\.tmp-/)
}
