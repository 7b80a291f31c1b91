import { compareUtf8 } from '@restitute/core'
import type { DefinedObject } from './objects.ts'

/** Name of the list below `data/native/`. */
export const contentsFile = 'contents.txt'

const beforeTables = /^native\/[01]-/
const loadable = /^native\/\d-.*\.sql$/

/**
 * What `load.sh` loads, in its order, a path below `data/` on each line: scripts, and folders of tables. Where several
 * packages lie in one folder, files of what is gone since are still there, and not in the list of the last one.
 */
export function contentsOf(objects: Iterable<DefinedObject>, folders: readonly string[]): string {
  const paths = [...objects].flatMap(({ files }) => files.map(({ path }) => `native/${path}`))
  const scripts = paths.filter((path) => loadable.test(path)).sort(compareUtf8)
  const lines = [
    ...scripts.filter((path) => beforeTables.test(path)),
    ...folders.map((folder) => `native/2-tables/${folder}.sql`),
    ...folders.map((folder) => `tables/${folder}`),
    ...scripts.filter((path) => !beforeTables.test(path)),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
