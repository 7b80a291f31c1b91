import { extname } from 'node:path'

/** URL of a module beside this one, run from source (`.ts`) or built (`.js`) alike. */
export function siblingModule(importMetaUrl: string, name: string): URL {
  return new URL(`./${name}${extname(importMetaUrl)}`, importMetaUrl)
}
