import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { resolveImage, seenFormat } from '../image/image.ts'
import { realFolder } from '../image/places.ts'
import type { DiskUrl } from '../url.ts'
import { filesOf, type Machine } from './machine.ts'

/**
 * Files that images around those of the machine consist of or are based on: another machine may have been cloned from this one.
 * Here the content of a file tells its format and not its name: libvirt calls an overlay `guest.snap1`, others `disk` or
 * `guest.img`.
 */
export async function usedByOthers(machine: Machine, declared: DiskUrl): Promise<ReadonlySet<string>> {
  const own = new Set(machine.members.flatMap(filesOf))
  const folders = new Set([...own].map((file) => dirname(file)))
  const declaredFolders = [...folders, ...declared.folders, ...declared.backing]
  const places = await Promise.all(declaredFolders.map(realFolder))
  const used = new Set<string>()
  for (const folder of await foldersAround(folders)) {
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name)
      if (own.has(path) || !entry.isFile()) continue
      // What cannot be read as an image is based on nothing that could be told.
      const format = await seenFormat(path).catch(() => undefined)
      const image =
        format &&
        (await resolveImage(path, { format }, { folders: [folder, ...places] }).catch(() => undefined))
      for (const file of image?.files ?? []) used.add(file)
    }
  }
  return used
}

/** The folders themselves, those in them and those beside them: each machine often has one of its own. */
async function foldersAround(folders: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const above = new Set([...folders].flatMap((folder) => [folder, dirname(folder)]))
  // There the system keeps its own.
  above.delete('/')
  const around = new Set(folders)
  for (const folder of above) {
    for (const entry of await entriesOf(folder)) if (entry.isDirectory()) around.add(join(folder, entry.name))
  }
  return around
}

/** None where this account may not look. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => [])
}
