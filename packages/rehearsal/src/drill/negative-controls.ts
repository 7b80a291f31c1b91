import { copyFile, link, mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { directoryDestination, type Package } from '@restitute/archive'
import { type FindingCode, type Trust, verifyPackage } from '@restitute/verify'

/** A harm that every rehearsal does to a copy of its package (R43). */
export type Control = 'flip' | 'cut' | 'omit' | 'swap' | 'replay'

/** Whether a harm was found out. */
export interface ControlResult {
  readonly control: Control
  readonly caught: boolean
}

/** What {@link negativeControls} needs. */
export interface ControlOptions {
  /** A good package in a directory. */
  readonly package: Package
  readonly folder: string
  /** Folder of another good package by the same signer to the same recipient: what is replayed comes from it. */
  readonly otherFolder: string
  /** Empty; on the same file system as the package. Removed at the end. */
  readonly scratch: string
  readonly trust: Trust
  readonly signal: AbortSignal
}

/** What has to be found of the harmed file, one of these: another file may happen to have the same size. */
const found: Readonly<Record<Control, readonly FindingCode[]>> = {
  flip: ['file-digest-differs'],
  cut: ['file-size-differs'],
  omit: ['file-missing'],
  swap: ['file-digest-differs', 'file-size-differs'],
  replay: ['file-digest-differs', 'file-size-differs'],
}

const order: readonly Control[] = ['flip', 'cut', 'omit', 'replay', 'swap']

/**
 * Flips a bit, cuts a byte, leaves a file out, puts one of another package in its place and swaps two, on a copy that
 * shares the untouched files, and verifies that copy. As many harms at once as there are files for, so that the package
 * is read no more often than it must.
 */
export async function negativeControls(o: ControlOptions): Promise<ControlResult[]> {
  const files = [...o.package.manifest.volumes, ...o.package.manifest.indexes]
    .toSorted((a, b) => a.bytes - b.bytes)
    .map(({ name }) => name)
  const results: ControlResult[] = []
  let left = [...order]
  while (left.length > 0) {
    const round = assigned(left, files)
    results.push(...(await runRound(o, round)))
    left = left.filter((control) => !round.has(control))
  }
  return results
}

/** Which files each harm of a round is done to; a swap takes two. */
function assigned(controls: readonly Control[], files: readonly string[]): Map<Control, readonly string[]> {
  const round = new Map<Control, readonly string[]>()
  let next = 0
  for (const control of controls) {
    const wanted = control === 'swap' ? 2 : 1
    if (round.size > 0 && next + wanted > files.length) continue
    round.set(control, files.slice(next, next + wanted))
    next += wanted
  }
  return round
}

async function runRound(
  o: ControlOptions,
  round: ReadonlyMap<Control, readonly string[]>,
): Promise<ControlResult[]> {
  const copy = join(o.scratch, 'harmed')
  await rm(copy, { recursive: true, force: true })
  await shareFiles(o, copy)
  for (const [control, names] of round) await harm(control, copy, names, o.otherFolder)
  const destination = directoryDestination(copy)
  const { findings } = await verifyPackage({ destination, trust: o.trust, signal: o.signal })
  await rm(copy, { recursive: true, force: true })
  return [...round].map(([control, names]) => {
    const isFound = (name: string): boolean =>
      findings.some(({ code, subject }) => subject === name && found[control].includes(code))
    return { control, caught: names.length > 0 && names.every(isFound) }
  })
}

async function shareFiles({ folder, package: { destination } }: ControlOptions, copy: string): Promise<void> {
  for await (const { name } of destination.list()) {
    await mkdir(dirname(join(copy, name)), { recursive: true })
    await link(join(folder, name), join(copy, name))
  }
}

async function harm(
  control: Control,
  copy: string,
  [name = '', other = '']: readonly string[],
  otherFolder: string,
): Promise<void> {
  const path = join(copy, name)
  if (control === 'omit') return rm(path)
  if (control === 'swap') return swap(path, join(copy, other))
  // The original shares its blocks with the copy: it must not be written to.
  const own = `${path}.own`
  await copyFile(control === 'replay' ? join(otherFolder, 'volumes/000001.tar.zst.pgp') : path, own)
  if (control === 'flip') await flip(own)
  if (control === 'cut') await truncate(own, (await stat(own)).size - 1)
  await rename(own, path)
}

async function swap(a: string, b: string): Promise<void> {
  await rename(a, `${a}.swap`)
  await rename(b, a)
  await rename(`${a}.swap`, b)
}

async function flip(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  const at = Math.floor((await file.stat()).size / 2)
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
  await file.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at)
}
