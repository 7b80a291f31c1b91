import { opendir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Sibling, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { formatOfName } from './image/formats.ts'
import { loadMachine, unreachable } from './machine/load.ts'
import { filesOf } from './machine/machine.ts'

/** Images beside the source, by their names, that are no part of it; of a folder, those that lie beside the folder. */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const machine = await loadMachine(source, signal)
  const own = new Set([machine.path, ...machine.members.flatMap(filesOf)])
  const folder = await realpath(dirname(machine.path)).catch((cause: unknown) => {
    throw unreachable(source.url, cause)
  })
  for await (const entry of await opendir(folder)) {
    throwIfInterrupted(signal)
    const path = join(folder, entry.name)
    if (!entry.isFile() || own.has(path) || formatOfName(entry.name) === undefined) continue
    yield { url: `disk:${path}`, kind: 'image' }
  }
}
