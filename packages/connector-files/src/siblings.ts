import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RestituteError, type Sibling, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { unreadable } from './loss.ts'
import { nameToId } from './names.ts'
import { pathOfUrl } from './root.ts'

/** The other folders beside the source's; what lies inside them is not looked at. Throws `source-unreachable`. */
export async function* siblingFolders(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const own = `files:${pathOfUrl(source.url)}`
  const parent = dirname(pathOfUrl(source.url))
  const options = { withFileTypes: true, encoding: 'buffer' } as const
  const entries = await readdir(parent, options).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `folder ${parent}: ${unreadable(cause)}`, { cause })
  })
  throwIfInterrupted(signal)
  for (const entry of entries) {
    const url = `files:${parent === '/' ? '' : parent}/${nameToId(entry.name)}`
    if (entry.isDirectory() && url !== own) yield { url, kind: 'directory' }
  }
}
