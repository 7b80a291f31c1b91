import { RestituteError } from '@restitute/core'
import { runTool } from '../tools.ts'
import { type Image, openImage, sizeProblem, topNodeOf } from './image.ts'
import { mapsBehind } from './mapped-end.ts'
import { isCutShort } from './qcow2-end.ts'

/** An internal snapshot of a qcow2 image. */
export interface Snapshot {
  readonly id: string
  readonly name: string
  /** Seconds since 1970, by the clock of the host that took it. */
  readonly taken: number
  /** Bytes of the memory of the machine that were saved with it; absent where it was off. */
  readonly memory?: number
}

/** Internal snapshots of one of the backing files of an image: as old as the overlay above, and destroyed with it. */
export interface BelowSnapshots {
  readonly image: Image
  readonly snapshots: readonly Snapshot[]
}

/** What QEMU says of an image without reading its content. */
export interface Looked {
  readonly size: number
  readonly snapshots: readonly Snapshot[]
  /** Of each backing file, from the nearest on. */
  readonly below: readonly BelowSnapshots[]
}

const limits = { cpuSeconds: 20 }
const mostSnapshots = 1000

/**
 * Has QEMU open an image and all its backing files, for which it needs the locks that a running machine holds:
 * `source-unreachable` when one does. A string says why it cannot be read, without any name.
 */
export async function lookAt(image: Image, signal: AbortSignal): Promise<Looked | string> {
  if (image.unusable !== undefined) return image.unusable
  const chain: BelowSnapshots[] = []
  for (let below = image.backing; below !== undefined; below = below.backing) {
    const found = await ask(below, signal)
    if (typeof found === 'string') return found
    chain.push({ image: below, snapshots: found.snapshots })
  }
  const looked = await ask(image, signal)
  return typeof looked === 'string' ? looked : { ...looked, below: chain }
}

async function ask(image: Image, signal: AbortSignal): Promise<Omit<Looked, 'below'> | string> {
  const args = ['info', '--output=json', `json:${JSON.stringify(topNodeOf(image))}`]
  const answer = await runTool('qemu-img', args, limits, signal)
  if (Buffer.isBuffer(answer)) return (await isCut(image, signal)) ? cutShort : lookedIn(answer)
  if (/Failed to get .*lock|another process/.test(answer.complaint)) throw inUse(image.path)
  return `QEMU cannot open it: ${withoutNames(answer.complaint)}`
}

const cutShort = 'cut short: it refers to data behind the end of its file'

/** QEMU itself notices it of the other formats that say where their data lies. */
const mapped = new Set(['vmdk', 'vdi', 'parallels'])

async function isCut(image: Image, signal: AbortSignal): Promise<boolean> {
  if (image.window === undefined && mapped.has(image.format)) return mapsBehind(image, signal)
  if (image.format !== 'qcow2') return false
  await using handle = await openImage(image.path)
  return await isCutShort(handle)
}

function lookedIn(answer: Buffer): Omit<Looked, 'below'> | string {
  const { 'virtual-size': size, snapshots = [] } = JSON.parse(answer.toString()) as {
    'virtual-size': number
    snapshots?: SaidSnapshot[]
  }
  if (snapshots.length > mostSnapshots) return `it has ${snapshots.length} internal snapshots`
  const problem = sizeProblem(BigInt(size))
  if (problem !== undefined) return problem
  return {
    size,
    snapshots: snapshots.map(snapshotIn),
  }
}

/** As QEMU says it. */
interface SaidSnapshot {
  readonly id: string
  readonly name: string
  readonly 'date-sec': number
  readonly 'vm-state-size'?: number
}

function snapshotIn({ id, name, ...rest }: SaidSnapshot): Snapshot {
  const { 'date-sec': taken, 'vm-state-size': memory = 0 } = rest
  return { id, name, taken, ...(memory > 0 && { memory }) }
}

/** What QEMU quotes are names and paths. */
function withoutNames(complaint: string): string {
  return complaint
    .replace(/'[^']*'|"[^"]*"/g, '…')
    .replace(/\/\S+/g, '…')
    .slice(0, 160)
}

/** A file that is being written to. */
export function inUse(path: string): RestituteError {
  return new RestituteError(
    'source-unreachable',
    `image ${path}: a running machine or another program writes to it`,
    {
      hint: 'shut the machine down, or take a snapshot and name the file that is no longer written',
    },
  )
}
