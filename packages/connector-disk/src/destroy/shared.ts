import { readdir } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { SourceSpec } from '@restitute/core'
import { formatOfName } from '../image/formats.ts'
import { resolveImage } from '../image/image.ts'
import { placesOf, realFolder } from '../image/places.ts'
import { filesOf, type Machine } from '../machine/machine.ts'
import { type DiskUrl, parseUrl } from '../url.ts'

/**
 * Files of a machine that others use, too: all that lie in a folder declared for shared backing files, and those that
 * other images beside the machine's are based on.
 */
export async function sharedFiles(machine: Machine, { url }: SourceSpec): Promise<ReadonlySet<string>> {
  const declared = parseUrl(url)
  const templates = await Promise.all(declared.backing.map(realFolder))
  const own = machine.members.flatMap(filesOf)
  const elsewhere = own.filter((file) => templates.some((folder) => file.startsWith(folder + sep)))
  const used = await usedByOthers(machine, declared)
  return new Set([...elsewhere, ...own.filter((file) => used.has(file))])
}

async function usedByOthers(machine: Machine, declared: DiskUrl): Promise<ReadonlySet<string>> {
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
