import {
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { accountFolders } from './account-objects.ts'
import { contentsFile, inOrder, ranksIn } from './contents.ts'
import { headerOf } from './csv-encoder.ts'
import { failed, isFailure } from './errors.ts'
import { type Location, locationOf, nameOf } from './location.ts'
import { AccountMaker, isAccountScript } from './restore-accounts.ts'
import { expectNames } from './restore-names.ts'
import { expectZones } from './restore-zones.ts'
import { readTables, type Table, tableId } from './schema.ts'
import { statementsOf } from './script.ts'
import { expectAllowed } from './script-guard.ts'
import { Session } from './session.ts'
import { loadSettings, loadStatement, type ReadColumn } from './table-plan.ts'
import { type EmptyPlace, makeEmpty, unmake } from './target.ts'

const native = 'data/native/'
const neutral = /^data\/tables\/([^/]+(?:\/slice-\d{6})?)\/(datapackage\.json|\d{6}\.csv)$/
const script = /^data\/native\/(?:0-database|\d-[^/]+\/[^/]+)\.sql$/
const contents = native + contentsFile
const beforeRows = /^(?:0-database\.sql$|[12]-)/
const definedView = /^7-definers\/view-/
const largestText = 64 * 1024 * 1024
const largestTexts = 512 * 1024 * 1024

/**
 * Rebuilds a database in place: an empty one, or one that it makes. Until `finish`, a table named
 * `restitute-unfinished` says that it is not whole; given up, everything is taken away again. The definitions, which
 * come first, are held in memory (up to 512 MiB) and run in their order; rows are loaded as they come. Accounts are
 * made, last, where the URL of the target asks for them. Throws `restore-failed`, `hostile-input`.
 */
class MysqlRestorer implements Restorer {
  readonly phases = 2
  readonly #session: Session
  readonly #place: EmptyPlace
  readonly #accounts: AccountMaker
  readonly #texts = new Map<string, string>()
  #textBytes = 0
  #tables: ReadonlyMap<string, Table> | undefined
  #finished = false

  constructor(session: Session, place: EmptyPlace) {
    this.#session = session
    this.#place = place
    this.#accounts = new AccountMaker(session)
  }

  phase(path: string): number {
    return path.endsWith('.csv') ? 1 : 0
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (entry.type !== 'file') return
    const [, folder, file] = neutral.exec(entry.path) ?? []
    if (folder !== undefined && file?.endsWith('.csv')) await this.#load(entry, folder, file, signal)
    else if (file !== undefined || script.test(entry.path) || entry.path === contents) await this.#keep(entry)
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    await this.#madeTables(signal)
    await this.#accountsIn(accountFolders.accounts, signal)
    await this.#runScripts((path) => !beforeRows.test(path) && !isAccountScript(path), signal)
    await this.#expect(items, signal)
    await this.#accountsIn(accountFolders.grants, signal)
    // MySQL notes of a view whether it could be used when it was made, and asks no more.
    if (this.#session.location.accounts) await this.#runScripts((path) => definedView.test(path), signal)
    await this.#session.run(this.#place.unmark, signal)
    this.#finished = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using session = this.#session
    if (this.#finished) return
    if (!session.isLost) return await this.#undo(session)
    await using another = await Session.open(session.location, new AbortController().signal)
    await this.#undo(another)
  }

  async #undo(session: Session): Promise<void> {
    await this.#accounts.undo(session)
    await unmake(session, this.#place)
  }

  async #keep(entry: RestoredEntry): Promise<void> {
    this.#textBytes += entry.size
    if (entry.size > largestText || this.#textBytes > largestTexts) {
      throw new RestituteError(
        'hostile-input',
        `load ${entry.path}: expected definitions, got ${entry.size} bytes`,
      )
    }
    const blocks = await Array.fromAsync(entry.content())
    this.#texts.set(entry.path, new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(blocks)))
  }

  /** Makes the tables, once; gives them by their names. */
  async #madeTables(signal: AbortSignal): Promise<ReadonlyMap<string, Table>> {
    if (this.#tables) return this.#tables
    await expectNames(this.#session, this.#texts, signal)
    await expectZones(this.#session, this.#texts, signal)
    await this.#runScripts((path) => beforeRows.test(path), signal)
    const tables = (await readTables(this.#session, signal)).filter(({ name }) => name !== this.#place.mark)
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    for (const sql of loadSettings) await this.#session.run(sql, signal).catch(ignoreEmpty)
    return this.#tables
  }

  async #runScripts(wanted: (path: string) => boolean, signal: AbortSignal): Promise<void> {
    const paths = [...this.#texts.keys()].filter((path) => script.test(path))
    const listed = paths.map((path) => path.slice('data/'.length))
    for (const path of inOrder(listed, ranksIn(this.#texts.get(contents) ?? ''))) {
      const name = path.slice('native/'.length)
      if (wanted(name)) await this.#runScript(name, this.#texts.get(native + name) ?? '', signal)
    }
  }

  /** Accounts come before what names them as its definer, their grants after what they are on. */
  async #accountsIn(folder: string, signal: AbortSignal): Promise<void> {
    if (!this.#session.location.accounts) return
    const statements = [...this.#texts].flatMap(([path, text]) => {
      const name = path.slice(native.length)
      return name.startsWith(`${folder}/`) ? allowedIn(name, text) : []
    })
    await this.#accounts.run(statements, signal)
  }

  async #runScript(name: string, text: string, signal: AbortSignal): Promise<void> {
    const statements = allowedIn(name, text)
    try {
      // After what was made under a collation of UTF-16 the server does not understand the settings of the next script.
      for (const sql of ['SET NAMES utf8mb4', ...statements]) await this.#session.run(sql, signal)
    } catch (error) {
      throw failed('restore-failed', `load ${name}`, error)
    }
  }

  async #load(entry: RestoredEntry, folder: string, file: string, signal: AbortSignal): Promise<void> {
    const described = describedIn(this.#texts.get(`data/tables/${folder}/datapackage.json`))
    const table = (await this.#madeTables(signal)).get(described?.title ?? '')
    if (!table || !described) {
      throw new RestituteError(
        'restore-failed',
        `load ${entry.path}: expected its table and its description, got neither`,
      )
    }
    const columns = columnsOf(table, described)
    const header = headerOf(columns.map(({ column }) => column.name)).toString()
    const skip = file === '000001.csv' ? header.split('\n').length - 1 : 0
    try {
      await this.#session.load(loadStatement(table, columns, file, skip), entry.content(), signal)
    } catch (error) {
      throw failed('restore-failed', `load ${entry.path}`, error)
    }
  }

  async #expect(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    const present = new Set([...(this.#tables ?? new Map<string, Table>()).values()].map(tableId))
    for await (const item of items) {
      throwIfInterrupted(signal)
      if (item.kind !== 'table' || item.lost !== undefined || present.has(item.id)) continue
      throw new RestituteError('restore-failed', `restore: expected ${item.id}, got no such table`)
    }
  }
}

/**
 * What keeps MySQL from making a table that the source has, or as it has it. Not in the scripts: few may set these. For
 * who may not, such a table stops the restoration, or differs.
 */
const asItWas = [
  'SET innodb_strict_mode=OFF',
  'SET restrict_fk_on_non_standard_key=OFF',
  'SET sql_require_primary_key=OFF',
  'SET sql_generate_invisible_primary_key=OFF',
]

/** Starts a restoration; throws `target-not-empty`, `source-unreachable`. */
export async function openRestorer(target: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  const location: Location = locationOf(target)
  const session = await Session.open(location, signal)
  try {
    if (!session.mariadb) for (const sql of asItWas) await session.run(sql, signal).catch(ignoreRefused)
    return new MysqlRestorer(session, await makeEmpty(session, signal))
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw failed('source-unreachable', `restore to ${nameOf(location)}`, error)
  }
}

function allowedIn(name: string, text: string): string[] {
  const statements = statementsOf(text, name)
  expectAllowed(name, statements)
  return statements
}

/** What a data package says of its table. */
interface Described {
  readonly title: string
  /** Columns whose cells are in base64. */
  readonly binary: ReadonlySet<string>
}

function describedIn(text: string | undefined): Described | undefined {
  if (text === undefined) return undefined
  const { title, resources } = JSON.parse(text) as {
    title?: string
    resources?: { schema?: { fields?: { name: string; format?: string }[] } }[]
  }
  const fields = resources?.[0]?.schema?.fields ?? []
  const binary = fields.filter(({ format }) => format === 'binary').map(({ name }) => name)
  return { title: title ?? '', binary: new Set(binary) }
}

function columnsOf(table: Table, { binary }: Described): ReadColumn[] {
  return table.columns.map((column) => ({
    column,
    cell: binary.has(column.name) ? 'base64' : 'quoted',
    select: '',
  }))
}

function ignoreRefused(error: unknown): void {
  if (isFailure(error)) throw error
}

/** A comment for another kind of server is an empty statement. */
function ignoreEmpty(error: unknown): void {
  if (!(error instanceof Error && 'errno' in error && error.errno === 1065)) throw error
}
