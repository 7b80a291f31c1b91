import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Progress, ShardLimits } from '../../packages/core/src/index.ts'
import { systemClock } from '../../packages/core/src/index.ts'
import type { SourceTerms } from '../../packages/manifest/src/index.ts'
import {
  type ExportedPackage,
  type ExportOptions,
  exportPackage,
  WorkerPool,
} from '../../packages/run/src/index.ts'
import { generateKey, type PrivateKey, readPrivateKey } from '../../packages/seal/src/index.ts'

/** A folder under the system's temporary one that goes away with its scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'restitute-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Keys of an operator and of a client. */
export interface Keys {
  readonly operator: PrivateKey
  readonly client: PrivateKey
}

/** Fresh keys. */
export async function newKeys(): Promise<Keys> {
  return { operator: await newKey('Operator'), client: await newKey('Client') }
}

async function newKey(name: string): Promise<PrivateKey> {
  const made = await generateKey({ name, email: 'someone@example.org', at: new Date() })
  return readPrivateKey(Buffer.from(made.privateKey))
}

/** What a test varies of an export. */
export interface Variation {
  readonly base?: string
  readonly sequence?: number
  readonly items?: string
  readonly limits?: ShardLimits
  readonly workers?: number
  readonly workerUrl?: URL
  readonly signal?: AbortSignal
  readonly progress?: Progress
}

/** The worker module of the command line: the real connectors. */
export const realWorker: URL = new URL('../../cli/src/worker.ts', import.meta.url)

/** Small shards, so that little data makes several volumes. */
export const smallShards: ShardLimits = { bytes: 64 * 1024, items: 8, partBytes: 256 * 1024 }

/** Options of an export from `<folder>` to `<folder>/out` with its journal in `<folder>/work`. */
export function exportOptions(
  folder: string,
  keys: { readonly operator: PrivateKey; readonly client: Pick<PrivateKey, 'publicKey'> },
  sources: readonly SourceTerms[],
  { workers = 2, workerUrl = realWorker, ...variation }: Variation = {},
): ExportOptions {
  return {
    workDir: join(folder, 'work'),
    place: { url: `directory:${join(folder, 'out')}` },
    contractRef: { reference: 'TEST-1', sha256: '0'.repeat(64) },
    contractPinned: false,
    recipients: [keys.client.publicKey],
    operation: 'R1',
    sequence: 1,
    sources: sources.map((terms) => ({ terms, instance: 'PRIM', spec: specOf(terms) })),
    signer: keys.operator,
    hostKeys: [keys.operator.publicKey],
    at: systemClock,
    language: 'en',
    readBack: 'hash',
    limits: smallShards,
    pool: new WorkerPool(workerUrl, workers),
    signal: new AbortController().signal,
    ...variation,
  }
}

function specOf({ name, url, quiesced, hooks }: SourceTerms): ExportOptions['sources'][number]['spec'] {
  return { name, url, ...(quiesced !== undefined && { quiesced }), ...(hooks && { hooks }) }
}

/** Exports with {@link exportOptions}. */
export function exportFrom(...args: Parameters<typeof exportOptions>): Promise<ExportedPackage> {
  return exportPackage(exportOptions(...args))
}
