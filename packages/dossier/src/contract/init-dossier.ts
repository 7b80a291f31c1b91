import { mkdir, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { type Fingerprint, validateContract } from '@restitute/manifest'
import { readPublicKey } from '@restitute/seal'
import { readBounded, writeFailed, writeWhole } from '../files.ts'
import { pathsOf } from '../paths.ts'
import { crossProblems } from './cross-checks.ts'
import { maxKeyBytes } from './key-files.ts'
import { contractError } from './problems.ts'
import { secretsInClear } from './secrets.ts'
import { contractTemplate, type TemplateContent } from './template.ts'

/** What a new dossier begins with. */
export interface InitOptions {
  /** Created; must be absent or empty. */
  readonly dir: string
  readonly sources: readonly { readonly name: string; readonly url: string }[]
  /** Paths of the client's key files; copied to `keys/client-<n>.asc`. */
  readonly clientKeys: readonly string[]
  /** URL of the destination. */
  readonly to?: string
  /** Of the comments and of the documents. */
  readonly language: 'fr' | 'en'
}

/**
 * Makes a dossier: a commented `contract.yaml` to fill in, and `keys/` with the client's keys. Returns the
 * path of the contract. Nothing is written when something is wrong: `target-not-empty`, `secret-in-clear`,
 * `contract-invalid` (a name or URL that no contract may hold), `key-unfit` or `key-missing` for what is no
 * public key.
 */
export async function initDossier(o: InitOptions): Promise<{ readonly contract: string }> {
  const keys = await readKeys(o.clientKeys)
  const text = contractTemplate(contentOf(o, keys))
  await assertWritable(text)
  await assertEmpty(o.dir)
  const paths = pathsOf(o.dir)
  await mkdir(paths.keys, { recursive: true, mode: 0o750 }).catch((cause: unknown) => {
    throw writeFailed(resolve(o.dir), cause)
  })
  for (const [i, { bytes }] of keys.entries()) await writeWhole(join(paths.keys, clientKeyName(i)), bytes)
  await writeWhole(paths.contract, Buffer.from(text))
  return { contract: paths.contract }
}

function contentOf({ sources, to, language }: InitOptions, keys: readonly ClientKey[]): TemplateContent {
  const clientKeys = keys.map(({ fingerprint }, i) => ({ path: `keys/${clientKeyName(i)}`, fingerprint }))
  return { sources, clientKeys, language, ...(to === undefined ? {} : { to }) }
}

function clientKeyName(i: number): string {
  return `client-${i + 1}.asc`
}

interface ClientKey {
  readonly bytes: Uint8Array
  readonly fingerprint: Fingerprint
}

async function readKeys(files: readonly string[]): Promise<ClientKey[]> {
  const keys: ClientKey[] = []
  for (const file of files) {
    const bytes = await readBounded(file, maxKeyBytes)
    // Refuses what is no public key; a private one must not be copied into a dossier either.
    const { fingerprint } = await readPublicKey(bytes)
    keys.push({ bytes, fingerprint })
  }
  return keys
}

/** What the caller gave stands in the text: it is judged as any contract is. */
async function assertWritable(text: string): Promise<void> {
  const { readYaml } = await import('./yaml.ts')
  const yaml = readYaml(Buffer.from(text))
  const checked = validateContract(yaml.value)
  const problems = 'problems' in checked ? checked.problems : crossProblems(checked.contract)
  const all = [...secretsInClear(yaml.value), ...yaml.problems, ...problems]
  if (all.length > 0) throw contractError(all, yaml.placeOf)
}

async function assertEmpty(dir: string): Promise<void> {
  const names = await readdir(dir).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return []
    throw new RestituteError(
      'destination-failed',
      `${dir}: cannot be used as a dossier (${systemCode(cause)})`,
      { cause, hint: 'name a folder that does not exist yet' },
    )
  })
  if (names.length === 0) return
  throw new RestituteError(
    'target-not-empty',
    `${basename(dir)}: expected an empty folder, got ${names.length} entries`,
    {
      hint: 'name a folder that does not exist yet',
    },
  )
}
