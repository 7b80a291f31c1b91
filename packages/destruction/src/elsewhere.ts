import { dirname, isAbsolute } from 'node:path'
import { endOfLinks, type Json, RestituteError, type Sighting } from '@restitute/core'
import { contractAt, type Dossier } from '@restitute/dossier'
import type { Contract, LedgerEvent } from '@restitute/manifest'
import type { Copy } from './copies.ts'
import { diskFingerprint, folderFingerprint } from './fingerprints.ts'
import { type HeldFolder, holdFolder } from './held-folder.ts'
import { movedParts } from './moved-parts.ts'
import { placeOf } from './place-of.ts'
import { openProber, type Reach } from './reach.ts'
import { mayBeUnmounted } from './whole-disk.ts'

/** Holds the folder in which a copy lies, as files of this machine do, while it is destroyed; undefined for any other. */
export async function holdFolderOf(copy: Copy, reach: Reach): Promise<HeldFolder | undefined> {
  const dir = await folderOf(copy, reach)
  return dir === undefined ? undefined : holdFolder(dir)
}

/** Throws `source-unreachable` where that folder is not in its place any more: what is on a disk that was taken out looks removed. */
export async function assertHeld(held: HeldFolder | undefined, copy: Copy): Promise<void> {
  if (held !== undefined && !(await held.isThere())) throw mayBeThere(copy, 'folder')
}

/**
 * The fingerprint of the folder in which a copy lies, as files of this machine do; undefined for any other. Where the file system
 * of a copy is not mounted, its place may look like one from which it is gone: but that is another folder.
 */
export async function holdingFolder(copy: Copy, reach: Reach): Promise<string | undefined> {
  const dir = await folderOf(copy, reach)
  return dir === undefined ? undefined : diskFingerprint(dir)
}

/** Whether it is the folder with this fingerprint; earlier versions did not tell disks that are mounted in one place apart. */
async function isHoldingFolder(fingerprint: Json, copy: Copy, reach: Reach): Promise<boolean> {
  const dir = await folderOf(copy, reach)
  if (dir === undefined) return false
  return fingerprint === (await diskFingerprint(dir)) || fingerprint === (await folderFingerprint(dir))
}

/** The fingerprint of the folder in which a source at this URL lies, as {@link holdingFolder}. */
export async function folderHolding(
  url: string,
  connectorOf: Reach['connectorOf'],
): Promise<string | undefined> {
  const dir = await folderAbove((await connectorOf(url)).place?.(url))
  return dir === undefined ? undefined : diskFingerprint(dir)
}

/** {@link folderHolding} of the address at which a source is probed, where it has one of its own. */
export async function folderOfProbe(copy: Copy, { connectorOf }: Reach): Promise<string | undefined> {
  const url = copy.source?.probe?.url
  return url === undefined ? undefined : folderHolding(url, connectorOf)
}

async function folderOf(copy: Copy, { connectorOf }: Reach): Promise<string | undefined> {
  // The work folder lies in the dossier, which is there.
  if (copy.kind === 'work') return undefined
  return folderAbove(await placeOf(copy, connectorOf))
}

async function folderAbove(place: string | undefined): Promise<string | undefined> {
  // The system makes its devices, and the folders of their names, anew.
  if (place === undefined || !isAbsolute(place) || place.startsWith('/dev/')) return undefined
  return dirname(await endOfLinks(place).catch(() => place))
}

/** What is another one than when the destruction of a copy began. */
export type Elsewhere = 'address' | 'folder' | 'disk' | 'server' | 'name' | 'unseen'

/** An operation whose copies are reached. */
export interface Reached {
  readonly dossier: Dossier
  readonly operation: string
  readonly reach: Reach
}

/**
 * What is not as it was when the destruction of a copy began last, so that it may still be there though it is not seen: its address
 * in the contract, the folder in which it would lie now, the server that answered, or its name there, that of its parts, too. Undefined where none is so, or nobody wrote it
 * down.
 */
export async function elsewhere(
  o: Reached,
  copy: Copy,
  seen: Pick<Sighting, 'server' | 'age' | 'fingerprint' | 'others' | 'otherParts' | 'lacksFolder'>,
): Promise<Elsewhere | undefined> {
  const all = allBegun(o, copy)
  const begun = all.at(-1)
  if (begun === undefined) return undefined
  const { folder, fingerprint } = begun.body
  if (seen.fingerprint !== fingerprint && isReaddressed(o, copy, begun)) return 'address'
  if (seen.lacksFolder) return 'folder'
  if (folder !== undefined && !(await isHoldingFolder(folder, copy, o.reach))) return 'folder'
  if (isAnotherServer(begun, seen)) return 'server'
  if (mayBeUnmounted(o.dossier.ledger.events(), copy, begun)) return 'disk'
  return seen.others?.some((other) => other === fingerprint) ? 'name' : movedParts(all, seen)
}

function isAnotherServer({ body }: LedgerEvent, seen: Pick<Sighting, 'server' | 'age'>): boolean {
  const { server, age } = body
  if (typeof server === 'string' && seen.server !== undefined && !seen.server.startsWith(server)) return true
  return typeof age === 'number' && seen.age !== undefined && seen.age < age
}

/** What the host's own account sees of a copy, and what of that is {@link elsewhere}. */
export async function seenByHost(
  o: Reached,
  copy: Copy,
): Promise<{ readonly sighting: Sighting; readonly where: Elsewhere | undefined }> {
  await using prober = await openProber(copy, 'host', o.reach)
  const sighting = await prober.look(o.reach.signal)
  return { sighting, where: await elsewhere(o, copy, sighting) }
}

function allBegun({ dossier, operation }: Reached, { name }: Copy): readonly LedgerEvent[] {
  return dossier.ledger
    .events()
    .filter((e) => e.operation === operation && e.type === 'destruction-started' && e.body['copy'] === name)
}

/** Whether the contract has another address for a copy than the one that was in force at an event. */
export function isReaddressed({ dossier }: Reached, copy: Copy, { sequence }: LedgerEvent): boolean {
  const then = contractAt(dossier.contracts, dossier.ledger.events(), sequence)
  return then !== undefined && addressIn(then.contract, copy) !== addressIn(dossier.terms.contract, copy)
}

/** Where a contract has a copy read, probed and destroyed. */
function addressIn({ instances, destinations }: Contract, { kind, name }: Copy): string {
  const source = instances.flatMap(({ sources = [] }) => sources).find((one) => one.name === name)
  const place = destinations.find((one) => name.startsWith(`${one.name}/`))
  const urls = kind === 'source' ? [source?.url, source?.probe?.url, source?.destroy?.url] : [place?.url]
  return urls.join('\n')
}

const rest = 'authorise --copy orders the rest, and a declaration says what became of this one'
const refusals: Readonly<Record<Elsewhere, { readonly found: string; readonly hint: string }>> = {
  address: {
    found: 'the contract has another address for it than when its destruction began',
    hint: `amend it back: the copy may still be where it was; where that is lost, ${rest}`,
  },
  folder: {
    found: 'the folder in which it lay when its destruction began is not there',
    hint: `mount its file system again: what is left of the copy may still be on it; where that is lost, ${rest}`,
  },
  disk: {
    found: 'it was mounted there when its destruction began, and nobody saw that emptied',
    hint: `mount it again: what is left of the copy may still be on it; where that is lost, ${rest}`,
  },
  server: {
    found: 'another server answers than the one on which its destruction began',
    hint: `make its address lead to that one again: the copy may still be on it; where that is lost, ${rest}`,
  },
  name: {
    found: 'it is still there, under another name',
    hint: 'find out who gave it that name, and why; give it its own one again (tables that lie in another database: move them back), then destroy',
  },
  unseen: {
    found: 'whether tables of it were moved into another database cannot be seen',
    hint: `grant the accounts of source and probe what the operator guide lists for it; where that of the destruction lacked it, ${rest}`,
  },
}

/** The refusal to take a copy for gone that may be elsewhere, as `source-unreachable`. */
export function mayBeThere({ name }: Copy, where: Elsewhere): RestituteError {
  const { found, hint } = refusals[where]
  return new RestituteError('source-unreachable', `copy ${name}: ${found}`, { hint })
}
