import { readdir, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Description } from '../description/described.ts'
import { isDescription, openDescription } from '../description/open.ts'
import { resolveImage } from '../image/image.ts'
import { type Machine, machineId } from './machine.ts'

/**
 * Files that the descriptions of other machines beside a machine's own name, and what these are based on: a disk may be shared by
 * two, a medium lie in the drives of many. Other descriptions of the same machine, known by its name, do not count.
 */
export async function namedByOthers({ path, members }: Machine): Promise<readonly string[]> {
  if (!isDescription(path)) return []
  const own = members.find(({ id }) => id === machineId)?.facts['name']
  const found: string[] = []
  for (const other of await descriptionsBeside(path)) {
    const description = await readable(other)
    const isOther = description !== undefined && (own === undefined || description.facts.name !== own)
    if (isOther) found.push(...(await filesNamed(description, dirname(other))))
  }
  return found
}

async function descriptionsBeside(path: string): Promise<string[]> {
  const folder = dirname(path)
  const names = await readdir(folder).catch(() => [])
  return names.map((name) => join(folder, name)).filter((one) => one !== path && isDescription(one))
}

/** What is none, or has its files in itself, names none that lie here. */
async function readable(path: string): Promise<Description | undefined> {
  const opened = await openDescription(path).catch(() => undefined)
  return opened?.members === undefined ? opened?.description : undefined
}

async function filesNamed({ disks, files }: Description, folder: string): Promise<string[]> {
  const all: string[] = []
  for (const { file = '', format } of [
    ...disks,
    ...files.map(({ file }) => ({ file, format: 'raw' as const })),
  ]) {
    const real = file === '' ? undefined : await realpath(resolve(folder, file)).catch(() => undefined)
    if (real === undefined) continue
    const places = { folders: [dirname(real)] }
    const image = await resolveImage(real, { format }, places).catch(() => undefined)
    all.push(...(image?.files ?? [real]))
  }
  return all
}
