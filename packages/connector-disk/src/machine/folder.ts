import { type Dirent } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { RestituteError, safeNames, systemCode } from '@restitute/core'
import { stemOf } from '../image/formats.ts'
import { type Image, isImage, resolveImage } from '../image/image.ts'
import { placesOf } from '../image/places.ts'
import type { DiskUrl } from '../url.ts'
import { type Disk, diskMembers } from './disks.ts'
import type { Member } from './machine.ts'

/**
 * What lies in a folder: every image that no other one there is based on is a disk, every other file is one of the
 * machine's files; what is neither is lost, never passed over.
 */
export async function folderMembers(
  folder: string,
  url: DiskUrl,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const entries = await listing(folder)
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const images = await imagesIn(folder, files, url)
  const used = new Set(images.flatMap((image) => image.files.filter((file) => file !== image.path)))
  const leaves = images.filter(({ path }) => !used.has(path))
  const others = files.filter((name) => !images.some(({ path }) => path === join(folder, name)))
  return [
    ...(await diskMembers(named(folder, leaves), url.snapshots, signal)),
    ...fileMembers(folder, others),
    ...entries.filter((entry) => !entry.isFile()).map(lostMember),
  ]
}

async function listing(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `folder ${folder}: ${systemCode(cause) ?? 'failed'}`, {
      cause,
    })
  })
}

async function imagesIn(folder: string, names: readonly string[], url: DiskUrl): Promise<Image[]> {
  const places = await placesOf(folder, url)
  const images: Image[] = []
  for (const name of names) {
    const path = join(await realpath(folder), name)
    // One that looks like an image but is not called so is none for resolveImage, which says what to do.
    if (await isImage(path)) images.push(await resolveImage(path, {}, places))
  }
  return images
}

/** Named without the extension, unless two would then have one name. */
function named(folder: string, images: readonly Image[]): Disk[] {
  const names = images.map(({ path }) => path.slice(folder.length + 1))
  const stems = names.map(stemOf)
  return images.map((image, i) => {
    const [name = '', stem = ''] = [names[i], stems[i]]
    return { name: stems.filter((one) => one === stem).length > 1 ? name : stem, image, facts: {} }
  })
}

/** Files that belong to a machine and are delivered as they are. */
export function fileMembers(folder: string, names: readonly string[]): Member[] {
  const safe = safeNames(names.map((name) => Buffer.from(name)))
  return names.map((name, i) => {
    const path = join(folder, name)
    const image = { path, format: 'raw' as const, files: [path] }
    return { id: `file/${name}`, kind: 'file', bagPath: `files/${safe[i]}`, content: { image }, facts: {} }
  })
}

function lostMember(entry: Dirent): Member {
  const lost = entry.isDirectory()
    ? 'a folder inside the machine’s folder: to be declared as a source of its own'
    : 'neither a file nor a folder: links and special files are not followed'
  return { id: `file/${entry.name}`, kind: 'file', bagPath: 'files/lost', facts: {}, lost }
}
