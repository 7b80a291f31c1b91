import { randomUUID } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { extract } from '../../cli/src/commands/extract.ts'
import { list } from '../../cli/src/commands/list.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { reportOutcome } from '../../cli/src/reports.ts'
import type { Outcome } from '../../cli/src/session.ts'
import {
  directoryDestination,
  extractPackage,
  indexName,
  openPackage,
  sealPackage,
  writeIndex,
} from '../../packages/archive/src/index.ts'
import { storedVolume } from '../../packages/archive/test/hostile.ts'
import {
  type IndexEntry,
  type IndexItem,
  type IndexLine,
  type Manifest,
  type SourceRecord,
  sha256Hex,
  type VolumeRecord,
} from '../../packages/manifest/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import type { Case } from './case.ts'
import { type Reading, reading } from './reading.ts'

/** What a dishonest holder of the operator's key puts into a package of one source. */
export interface Forgery {
  /** The bytes of its only volume, as they lie in the package. */
  readonly volume: Uint8Array
  readonly record?: Partial<VolumeRecord>
  /** Default: one file, `moo`, of four bytes. */
  readonly lines?: readonly unknown[]
  /** Of the source; default `files`. */
  readonly kind?: string
}

const moo = sha256Hex('moo\n')

/** An index of one file, `moo`, in `data/moo`. */
export const oneFile: readonly [IndexItem, IndexEntry] = [
  {
    ...{ item: 'moo', kind: 'file', state: 'exported', bytes: 4, mark: '1', digest: moo },
    attributes: { uid: 0, gid: 0, mode: 0o644, mtime: '0' },
  },
  {
    entry: 'data/moo',
    item: 'moo',
    type: 'file',
    size: 4,
    sha256: moo,
    volume: 'volumes/000001.tar.zst.pgp',
  },
]

/** Makes that package, signed by the operator and readable by the first client: nothing is wrong outside. */
export async function forge(c: Case, folder: string, forgery: Forgery): Promise<void> {
  const destination = directoryDestination(folder)
  const volume = await storedVolume(destination, forgery.volume, forgery.record)
  const { source } = volume
  const recipient = c.cast.key('client-1').publicKey
  const index = await writeIndex({
    destination,
    name: indexName(source, 1),
    source,
    salt: Buffer.alloc(32, 7),
    lines: (forgery.lines ?? oneFile) as readonly IndexLine[],
    recipients: [recipient],
    signal: new AbortController().signal,
  })
  await sealPackage({
    destination,
    manifest: manifestOf(volume, index, recipient.fingerprint, forgery.kind ?? 'files'),
    signer: c.cast.key('operator'),
    hostKeys: [],
    at: c.clock.at,
    language: 'en',
  })
}

function manifestOf(
  volume: VolumeRecord,
  index: Manifest['indexes'][number],
  recipient: string,
  kind: string,
): Omit<Manifest, 'files'> {
  return {
    schema: 'restitute/manifest/v1',
    id: randomUUID(),
    createdAt: '2026-11-22T12:00:00Z',
    contract: { reference: 'TEST-1', sha256: sha256Hex('contract') },
    operation: 'R1',
    package: 'R1-0001',
    sequence: 1,
    contractPinned: false,
    recipients: [recipient],
    volumes: [volume],
    indexes: [index],
    sources: [sourceOf(volume.source, kind)],
    readBack: { mode: 'hash', volumes: 1, bytes: volume.bytes },
    measurements: [],
    tools: { node: '26' },
  }
}

function sourceOf(name: string, kind: string): SourceRecord {
  const [none, one] = [
    { items: 0, bytes: 0 },
    { items: 1, bytes: 4 },
  ]
  return {
    name,
    instance: 'PRIM',
    kind,
    fingerprint: '3f2a-9c1b-77de',
    view: { point: 'now', consistency: 'per-item', takenAt: '2026-11-22T12:00:00Z' },
    totals: { inventoried: one, exported: one, unchanged: none, removed: none, excluded: none, lost: none },
    payload: { files: 1, bytes: 4 },
    reasons: {},
  }
}

/** Reads a package in some way, to its end. */
export type Reader = () => Promise<Reading>

/** The four commands that read, each writing to a place of its own below `to`. */
export function readers(
  c: Case,
  folder: string,
  to: string,
  { kind = 'files', record = {} }: Partial<Forgery> = {},
): Readonly<Record<'verify' | 'list' | 'extract' | 'restore', Reader>> {
  const session = { ...c.session, dossierDir: c.client }
  const opened = { key: c.keyFile('client-1'), signers: [c.keyFile('operator').replace(/key$/, 'asc')] }
  const restoring = { ...opened, packages: [folder], source: record.source ?? 's', compare: false }
  const extracting = { ...opened, package: folder, to: join(to, 'extracted'), sources: [] }
  return {
    verify: () => reading(verify(session, { ...opened, path: folder, packages: [] })),
    list: () => reading(list(session, { ...opened, package: folder })),
    extract: () => reading(extract(session, extracting)),
    restore: () => reading(restore(session, { ...restoring, to: `${kind}:${join(to, 'restored')}` })),
  }
}

/** What stands behind `verify` and `extract`, without their threads: quick, for many packages. */
export function threadless(
  c: Case,
  folder: string,
  to: string,
): Readonly<Record<'verify' | 'extract', Reader>> {
  const destination = directoryDestination(folder)
  const opener = { privateKeys: [c.cast.key('client-1')] }
  const trust = { signers: [c.cast.key('operator').publicKey] }
  const verified = async (): Promise<Outcome> => {
    const report = await verifyPackage({ destination, opener, trust })
    return reportOutcome(folder, report)
  }
  const extracted = async (): Promise<Outcome> => {
    const { signal } = c.session
    await extractPackage({
      package: await openPackage(destination),
      opener,
      to: join(to, 'extracted'),
      signal,
    })
    return { exit: 0, json: {}, lines: [] }
  }
  return { verify: () => reading(verified()), extract: () => reading(extracted()) }
}

/** A fresh folder to write to, and every name that came to be in it. */
export async function target(
  c: Case,
  name: string,
): Promise<{ path: string; names: () => Promise<string[]> }> {
  const path = join(c.root, 'targets', name)
  await mkdir(path, { recursive: true })
  return { path, names: async () => (await readdir(path, { recursive: true })).sort() }
}
