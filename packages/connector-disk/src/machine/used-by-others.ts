import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { resolveImage, seenFormat } from '../image/image.ts'
import { placesOf } from '../image/places.ts'
import type { DiskUrl } from '../url.ts'
import { filesOf, type Machine } from './machine.ts'

/**
 * Files that images beside those of the machine consist of or are based on. Here the content of a file tells its format and
 * not its name: libvirt calls an overlay `guest.snap1`, others `disk` or `guest.img`.
 */
export async function usedByOthers(machine: Machine, declared: DiskUrl): Promise<ReadonlySet<string>> {
  const own = new Set(machine.members.flatMap(filesOf))
  const folders = new Set([...own].map((file) => dirname(file)))
  const used = new Set<string>()
  for (const folder of folders) {
    const places = await placesOf(folder, { ...declared, folders: [...declared.folders, ...folders] })
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (own.has(path) || !entry.isFile()) continue
      // What cannot be read as an image is based on nothing that could be told.
      const format = await seenFormat(path).catch(() => undefined)
      const image = format && (await resolveImage(path, { format }, places).catch(() => undefined))
      for (const file of image?.files ?? []) used.add(file)
    }
  }
  return used
}
