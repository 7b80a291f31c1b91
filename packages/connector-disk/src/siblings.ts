import { opendir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Sibling, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { isImage } from './image/image.ts'
import { loadMachine } from './machine/load.ts'
import { filesOf } from './machine/machine.ts'

/**
 * Images, by their names or by what they look like, that are no part of the source but lie beside it or beside its disks; of a folder, those that lie
 * beside the folder.
 */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const machine = await loadMachine(source, signal)
  const own = new Set([machine.path, ...machine.members.flatMap(filesOf)])
  const disks = machine.members.flatMap(({ kind, content }) =>
    kind === 'disk' && content ? [content.image.path] : [],
  )
  const folders = new Set([machine.path, ...disks].map((file) => dirname(file)))
  folders.delete(machine.path)
  for (const folder of folders) {
    for await (const entry of await opendir(folder)) {
      throwIfInterrupted(signal)
      const path = join(folder, entry.name)
      if (!entry.isFile() || own.has(path) || !(await isImage(path).catch(() => false))) continue
      yield { url: `disk:${path}`, kind: 'image' }
    }
  }
}
