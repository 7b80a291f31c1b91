import { compareUtf8 } from '@restitute/core'
import { type DefinedObject, nativeFolders } from './defined-object.ts'

/** Name of the list below `data/native/`. */
export const contentsFile = 'contents.txt'

const beforeTables = /^native\/[01]-/
const loadable = /^native\/\d-.*\.sql$/

/**
 * What `load.sh` loads, in its order, a path below `data/` on each line: scripts, and folders of tables. Where several
 * packages lie in one folder, files of what is gone since are still there, and not in the list of the last one.
 */
export function contentsOf(
  objects: Iterable<DefinedObject>,
  tables: readonly { readonly folder: string; readonly rows: boolean }[],
): string {
  const all = [...objects]
  const paths = all.flatMap(({ files }) => files.map(({ path }) => `native/${path}`))
  const scripts = inOrder(
    paths.filter((path) => loadable.test(path)),
    ranksOf(all),
  )
  const lines = [
    ...scripts.filter((path) => beforeTables.test(path)),
    ...tables.map(({ folder }) => `native/2-tables/${folder}.sql`),
    ...tables.filter(({ rows }) => rows).map(({ folder }) => `tables/${folder}`),
    ...scripts.filter((path) => !beforeTables.test(path)),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Paths of scripts in the order in which they are run: by their folders, in these by their ranks, then by name. */
export function inOrder(paths: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const folder = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
  const rank = (path: string): number => ranks.get(path) ?? 0
  const before = (a: string, b: string): number =>
    (folder(a) === folder(b) && rank(a) - rank(b)) || compareUtf8(a, b)
  return [...paths].sort(before)
}

/** Paths of scripts with their places in such a list. */
export function ranksIn(contents: string): Map<string, number> {
  return new Map(contents.split('\n').map((line, i) => [line, i]))
}

/**
 * Views are made each after those that it reads, and get their definers each before those: over one whose definer is
 * missing, or has no rights yet, as over a function of that kind, no view can be made. Functions get theirs last.
 */
function ranksOf(objects: readonly DefinedObject[]): Map<string, number> {
  const views = new Map(objects.flatMap((one) => (one.kind === 'view' ? [[one.id, one]] : [])))
  const levels = new Map<string, number>()
  const levelOf = (id: string): number => {
    const known = levels.get(id)
    if (known !== undefined) return known
    levels.set(id, 0)
    const below = [...(views.get(id)?.needs ?? [])].filter((need) => views.has(need))
    levels.set(id, Math.max(0, ...below.map((need) => 1 + levelOf(need))))
    return levels.get(id) ?? 0
  }
  const rankOf = ({ id, kind }: DefinedObject, path: string): number => {
    const level = levelOf(id)
    if (!path.startsWith(`${nativeFolders.definer}/`)) return level
    return kind === 'view' ? -level : 1
  }
  return new Map(objects.flatMap((one) => one.files.map(({ path }) => [`native/${path}`, rankOf(one, path)])))
}
