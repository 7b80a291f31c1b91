import { systemDatabases } from './schema.ts'
import { beforeTable } from './text.ts'

/** What must be there for a view to be made. */
export interface References {
  /** A database that is neither the view's own nor there on every server. */
  readonly elsewhere: string | undefined
  /** A package of which it calls a function: it can be named with its database alone, and the copy may have another name. */
  readonly packaged: string | undefined
  /** Ids of what it may need of its own database. */
  readonly needs: ReadonlySet<string>
}

/** Names and literals taken out, so that nothing in them passes for SQL: each name is its number between backquotes. */
interface Skeleton {
  readonly text: string
  readonly names: readonly string[]
}

const table = new RegExp(`${beforeTable}(?:\`(\\d+)\`\\.)?\`(\\d+)\``, 'g')
const called = /(?<!\.)(?:`(\d+)`\.)?`(\d+)`\(/g
// A column, or a function of a package.
const inside = /(?<!\.)`(\d+)`\.`(\d+)`\.`\d+`/g

const packaged = /`\d+`\.`(\d+)`\.`\d+`\(/

/**
 * What a view reads, by its text as the server writes it, for no catalogue of MariaDB tells: a table, a function or a
 * column of another database always has that database before it.
 */
export function referencesOf(sql: string, own: string): References {
  const { text, names } = skeletonOf(sql)
  const found = (pattern: RegExp, kinds: readonly string[]): Reference[] =>
    [...text.matchAll(pattern)].map(([, database, name]) => ({
      database: database === undefined ? own : (names[Number(database)] ?? ''),
      ids: kinds.map((kind) => `${kind}/${names[Number(name)]}`),
    }))
  const all = [
    ...found(table, ['table', 'view']),
    ...found(called, ['function']),
    ...found(inside, ['package', 'package-body']),
  ]
  const elsewhere = all.find(
    ({ database }) => database !== own && !systemDatabases.has(database.toLowerCase()),
  )
  const needs = all.filter(({ database }) => database === own).flatMap(({ ids }) => ids)
  const number = packaged.exec(text)?.[1]
  return {
    elsewhere: elsewhere?.database,
    packaged: number === undefined ? undefined : names[Number(number)],
    needs: new Set(needs),
  }
}

interface Reference {
  readonly database: string
  readonly ids: readonly string[]
}

function skeletonOf(sql: string): Skeleton {
  const names: string[] = []
  const text = sql.replace(/'(?:[^'\\]|\\.|'')*'|`((?:[^`]|``)*)`/gs, (_, quoted?: string) =>
    quoted === undefined ? "''" : `\`${names.push(quoted.replaceAll('``', '`')) - 1}\``,
  )
  return { text, names }
}
