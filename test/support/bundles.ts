import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { writeBundle } from '../../packages/dossier/src/index.ts'
import { unpackBundle } from '../../packages/verify/src/index.ts'
import { type CliRun, restitute } from './cli.ts'

/** What somebody does to an unpacked bundle. */
export type Forger = (folder: string) => Promise<unknown>

/** A bundle, unpacked below `root`, changed and packed again; its path. */
export async function repacked(bundle: string, root: string, change: Forger): Promise<string> {
  const folder = await mkdtemp(join(root, 'forger-'))
  await unpackBundle(bundle, folder)
  await change(folder)
  const out = `${folder}.zip`
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: path.slice(folder.length + 1), bytes: () => readFile(path) }))
  await writeBundle(files, out)
  return out
}

/** What the program says of a bundle in an empty folder, by these public key files alone. */
export async function verifiedAlone(
  path: string,
  root: string,
  signers: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const empty = await mkdtemp(join(root, 'empty-'))
  const named = signers.flatMap((file) => ['--signer', file])
  const run = await restitute(['verify', path, ...named, '--dossier', empty, '--json'], environment)
  expect(await readdir(empty)).toEqual([])
  return run
}

/** Codes of the findings, in order. */
export function codes(run: CliRun): string[] {
  return (run.json()['findings'] as { code: string }[]).map(({ code }) => code)
}
