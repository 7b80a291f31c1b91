import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatOfName } from '../image/formats.ts'
import { resolveImage } from '../image/image.ts'
import { placesOf } from '../image/places.ts'
import type { DiskUrl } from '../url.ts'
import { filesOf, type Machine } from './machine.ts'

/** Files that images beside those of the machine consist of or are based on. */
export async function usedByOthers(machine: Machine, declared: DiskUrl): Promise<ReadonlySet<string>> {
  const own = new Set(machine.members.flatMap(filesOf))
  const folders = new Set([...own].map((file) => dirname(file)))
  const used = new Set<string>()
  for (const folder of folders) {
    const places = await placesOf(folder, declared)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (own.has(path) || formatOfName(name) === undefined) continue
      // What cannot be read as an image is based on nothing that could be told.
      const image = await resolveImage(path, {}, places).catch(() => undefined)
      for (const file of image?.files ?? []) used.add(file)
    }
  }
  return used
}
