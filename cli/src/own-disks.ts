import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { type HeldFolder, holdFolder } from '@restitute/destruction'
import { directoryOf, kindOf } from './destinations.ts'

/** What a serial number is like that names the list of a medium. */
export const serialForm: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** A medium, and the place that was typed for it. */
export interface NamedDisk {
  readonly serial: string
  readonly to: string
}

/**
 * Refuses (`destination-unreachable`) a medium of several that is no disk of its own: a folder where nothing is mounted lies on a
 * disk of this machine, has room for everything, and what is written there would be in no register of copies.
 */
export async function refuseAbsentDisks(disks: readonly NamedDisk[], dossier: string): Promise<void> {
  const taken = await disksOfThisMachine(dossier)
  for (const { serial, to } of disks) {
    const disk = await diskOf(to)
    if (disk !== undefined && taken.has(disk)) throw absent({ serial, to })
    if (disk !== undefined) taken.add(disk)
  }
}

/** Places of a delivery whose disks stay in while it lasts. */
export interface HeldDisks extends AsyncDisposable {
  /** Throws `destination-unreachable` where a place does not lie on the disk of then any more. */
  refuseTakenOut(): Promise<void>
}

/**
 * Holds the disks on which these places lie, so that none can be unmounted unnoticed: where one was taken out a folder of this machine is
 * left, which takes whatever is written, and the next one in its slot looks like it.
 */
export async function holdDisks(places: readonly string[]): Promise<HeldDisks> {
  await using stack = new AsyncDisposableStack()
  const held: { readonly to: string; readonly folder: HeldFolder }[] = []
  for (const to of places.filter((place) => kindOf(place) === 'directory'))
    held.push({ to, folder: stack.use(await holdAt(directoryOf(to))) })
  const all = stack.move()
  return {
    refuseTakenOut: async () => {
      for (const { to, folder } of held) if (!(await folder.isThere())) throw takenOut(to)
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A folder, or the nearest one above it that is there. */
async function holdAt(path: string): Promise<HeldFolder> {
  const held = await holdFolder(path).catch((cause: unknown) => {
    throw unreachable(path, cause)
  })
  return held ?? holdAt(dirname(path))
}

/** Whether a medium seems to be a folder of this machine. It may be meant: a folder from which a disk is then written. */
export async function isOnThisMachine(to: string, dossier: string): Promise<boolean> {
  const disk = await diskOf(to)
  return disk !== undefined && (await disksOfThisMachine(dossier)).has(disk)
}

function absent({ serial, to }: NamedDisk): RestituteError {
  return new RestituteError(
    'destination-unreachable',
    `medium ${serial}: expected a disk of its own at ${directoryOf(to)}, got one of this machine or of another medium`,
    { hint: 'mount the medium there first' },
  )
}

function takenOut(to: string): RestituteError {
  const path = directoryOf(to)
  return new RestituteError(
    'destination-unreachable',
    `deliver: expected at ${path} the disk that was there when the delivery began, got another`,
    {
      hint: `remove what was written to ${path} meanwhile, mount the disk there, run the same command again`,
    },
  )
}

async function disksOfThisMachine(dossier: string): Promise<Set<bigint>> {
  return new Set([await diskAt('/'), await diskAt(dossier)])
}

/** Of a place that is no folder nothing is known. */
async function diskOf(to: string): Promise<bigint | undefined> {
  return kindOf(to) === 'directory' ? diskAt(directoryOf(to)) : undefined
}

/** The file system of a folder, or of the nearest one above it that is there. */
async function diskAt(path: string): Promise<bigint> {
  try {
    return (await stat(path, { bigint: true })).dev
  } catch (thrown) {
    const above = dirname(path)
    if (systemCode(thrown) === 'ENOENT' && above !== path) return diskAt(above)
    throw unreachable(path, thrown)
  }
}

function unreachable(path: string, cause: unknown): RestituteError {
  return new RestituteError('destination-unreachable', `${path}: ${systemCode(cause) ?? 'failed'}`, { cause })
}
