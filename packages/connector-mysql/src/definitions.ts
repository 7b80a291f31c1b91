import { createHash } from 'node:crypto'
import type { Entry, Item } from '@restitute/core'
import { isAccountId } from './account-objects.ts'
import { contentsFile, contentsOf } from './contents.ts'
import type { DefinedObject } from './defined-object.ts'
import { fileEntry } from './entries.ts'
import { type DefinedTable, type Frozen, without } from './freeze.ts'
import { hasRows, tableId } from './schema.ts'
import type { Session } from './session.ts'
import { lossOfTable, tableFolders } from './table-entries.ts'

/** A table, and the folder of its entries. */
export interface PlacedTable {
  readonly table: DefinedTable
  readonly folder: string
}

/** What a database is made of beside the rows, as it is delivered: what needs a table that is lost is lost with it. */
export class Definitions {
  /** By the ids of their items. */
  readonly tables: ReadonlyMap<string, PlacedTable>
  /** Nanoseconds since 1970: all files are of the moment of the view. */
  readonly modified: bigint
  #objects: ReadonlyMap<string, DefinedObject>
  /** Tables that were not read to their end. */
  readonly #unread = new Set<string>()
  #losing: Promise<void> = Promise.resolve()

  constructor({ tables, objects, view }: Frozen) {
    const folders = tableFolders(tables)
    this.tables = new Map(tables.map((table, i) => [tableId(table), { table, folder: folders[i] ?? '' }]))
    this.#objects = byId(objects)
    this.modified = BigInt(Date.parse(view.takenAt)) * 1_000_000n
  }

  /** By their ids. */
  get objects(): ReadonlyMap<string, DefinedObject> {
    return this.#objects
  }

  /** The database comes anew when something else is to be loaded. */
  itemOf(object: DefinedObject): Item {
    const item = objectItem(object)
    return object.kind === 'database' ? { ...item, mark: digestOf(item.mark + this.#contents()) } : item
  }

  /** With the database comes the list of what is to be loaded. */
  *entriesOf({ id, kind, files }: DefinedObject): Iterable<Entry> {
    const list = { path: contentsFile, text: this.#contents() }
    for (const { path, text } of kind === 'database' ? [...files, list] : files) {
      const content = Buffer.from(text)
      yield fileEntry({ path: `data/native/${path}`, item: id, content, modified: this.modified })
    }
  }

  /** These tables are lost, and what needs them with them; asks by a session that reads nothing at the moment. */
  lose(tables: readonly string[], session: Session, signal: AbortSignal): Promise<void> {
    // One after the other: each goes on with what the one before has left.
    const done = this.#losing.catch(() => {}).then(() => this.#lose(tables, session, signal))
    this.#losing = done
    return done
  }

  async #lose(tables: readonly string[], session: Session, signal: AbortSignal): Promise<void> {
    const before = this.#unread.size
    for (const id of tables) this.#unread.add(id)
    if (this.#unread.size === before) return
    const objects = [...this.#objects.values()]
    const accounts = objects.some(({ id }) => isAccountId(id))
    this.#objects = byId(await without(session, objects, this.#unread, accounts, signal))
  }

  #contents(): string {
    const made = [...this.tables].filter(
      ([id, { table }]) => !this.#unread.has(id) && lossOfTable(table) === undefined,
    )
    return contentsOf(
      this.#objects.values(),
      made.map(([, { folder, table }]) => ({ folder, rows: hasRows(table) })),
    )
  }
}

function byId(objects: readonly DefinedObject[]): Map<string, DefinedObject> {
  return new Map(objects.map((object) => [object.id, object]))
}

function objectItem(object: DefinedObject): Item {
  const { id, kind, lost } = object
  const bytes = object.files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const digest = digestOf(object.meaning)
  // What is delivered of it counts, too: beside a new name that differs in case alone its files have other ones, and some scripts
  // end by giving the database its collation back.
  const mark = digestOf(JSON.stringify([digest, ...object.files]))
  return { id, kind, bytes, mark, digest, ...(lost === undefined ? {} : { lost }) }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
