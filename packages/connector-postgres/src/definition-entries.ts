import type { Entry, Item } from '@restitute/core'
import { deliverableTables } from './ambiguous.ts'
import { withCatalogFunctions } from './catalog-functions.ts'
import { fileEncoding } from './copy.ts'
import { createDatabase, databaseScript, readDatabase } from './database.ts'
import { sha256, tableId } from './digest.ts'
import { fileEntry } from './entries.ts'
import { foreignViews, withoutRefresh } from './foreign.ts'
import { announcedForeignKeys } from './foreign-keys.ts'
import { readableLargeObjects } from './large-objects.ts'
import { earlyIndexes, namedRoles } from './named-by-values.ts'
import { dumpSection, fittingDump, type PgDump, pgDumps } from './pg-dump.ts'
import { lisezmoi, readme } from './readme.ts'
import { withOwnSettings } from './refresh.ts'
import { restoreScript } from './restore-script.ts'
import { readRoles, rolesScript } from './roles.ts'
import { announcedAs, withEventTriggersLast, withIndexesBefore, withoutForeignKeys } from './scripts.ts'
import { withPath } from './search-path.ts'
import { readSequences } from './sequences.ts'
import type { Session } from './session.ts'
import type { Table } from './tables.ts'
import { readerName, type ViewToken } from './view.ts'

/** Id of the item whose entries are the scripts. */
export const definitionsId = 'definitions'

/**
 * The scripts as an item. Its digest is that of the digest of every definition that they make, its mark covers what else they hold
 * ({@link besidesDefinitions}); it is `lost` when nothing on this machine can write them.
 */
export function definitionsItem(definitions: readonly Item[], besides: string, session: Session): Item {
  const delivered = definitions.filter((one) => one.lost === undefined)
  const digest = sha256(delivered.map((one) => `${one.id} ${one.digest}\n`).join(''))
  // An estimate: the scripts are written when they are read.
  const bytes = 200 * Math.max(definitions.length, 1)
  const lost = missingDump(session)
  const mark = sha256(`${digest} ${besides}`)
  return { id: definitionsId, kind: 'definitions', bytes, mark, digest, ...(lost ? { lost } : {}) }
}

/** Why the definitions of a server cannot be written on this machine; undefined when they can. */
export function missingDump({ version }: Session): string | undefined {
  if (fittingDump(version)) return undefined
  const found = pgDumps()
  const have = found.length > 0 ? found.map((one) => one.version).join(', ') : 'none'
  return `no pg_dump of version ${version} or newer on this machine, which has ${have}: install one and export again`
}

/** Everything that psql needs beside the data, and how to go about it. */
export async function* definitionEntries(
  session: Session,
  token: ViewToken,
  modified: bigint,
  signal: AbortSignal,
): AsyncIterable<Entry> {
  const scripts = await scriptsOf(session, token, signal)
  for (const [name, content] of Object.entries(scripts)) {
    const bytes = typeof content === 'string' ? session.bytesOf(content) : content
    yield fileEntry({ path: `data/${name}`, item: definitionsId, chunks: [bytes], modified })
  }
}

async function scriptsOf(
  session: Session,
  token: ViewToken,
  signal: AbortSignal,
): Promise<Record<string, string | Buffer>> {
  const database = await readDatabase(session, signal)
  const encoding = fileEncoding(session.encoding)
  const oids = await session.rows(signal, readableLargeObjects(session.version))
  const tables = await deliverableTables(session, signal)
  const roles = await readRoles(session, await namedRoles(session, tables, signal), signal)
  const [before, after] = await sections(session, token, tables, signal)
  const parts = {
    tables,
    sequences: await readSequences(session, signal),
    largeObjects: oids.map(([oid]) => oid ?? ''),
    encoding,
  }
  return {
    'LISEZMOI.txt': lisezmoi(),
    'README.txt': readme(),
    'definitions/1-roles.sql': rolesScript(roles),
    'definitions/2-create-database.sql': createDatabase(database),
    'definitions/3-pre-data.sql': before,
    'definitions/4-post-data.sql': after,
    'definitions/5-database.sql': databaseScript(database),
    'restore.sql': restoreScript(parts),
  }
}

/** Before the data, with the indexes that the data names; and after it. */
async function sections(
  session: Session,
  token: ViewToken,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<[Buffer, Buffer]> {
  const dump = fittingDump(session.version)
  const none = Buffer.from(`-- ${missingDump(session)}\n`)
  if (!dump) return [none, none]
  const before = await section(session, token, { dump, name: 'pre-data' }, signal)
  const after = await section(session, token, { dump, name: 'post-data' }, signal)
  const early = await earlyIndexes(session, tables, signal)
  const announced = early.map(({ schema, name }) => session.bytesOf(announcedAs(schema, name)))
  return withIndexesBefore(before, after, announced)
}

async function section(
  session: Session,
  token: ViewToken,
  { dump, name }: { readonly dump: PgDump; readonly name: 'pre-data' | 'post-data' },
  signal: AbortSignal,
): Promise<Buffer> {
  const snapshot = token.kind === 'held' ? token.snapshot : undefined
  const o = { section: name, snapshot, name: readerName(token.id), encoding: fileEncoding(session.encoding) }
  const script = await dumpSection(dump, session.location, o, signal)
  if (name === 'pre-data')
    return withPath(session, await withCatalogFunctions(session, script, signal), name, signal)
  const made = await withOwnSettings(session, await withoutUnmakeable(session, script, signal), signal)
  return withEventTriggersLast(await withPath(session, made, name, signal))
}

/** What would need rows that are not delivered: they are in other systems, or may not be read. */
async function withoutUnmakeable(session: Session, script: Buffer, signal: AbortSignal): Promise<Buffer> {
  const views = await foreignViews(session, signal)
  const tables = await deliverableTables(session, signal)
  const hidden = new Set(tables.filter(({ unreadable }) => unreadable !== undefined).map(tableId))
  const keys = await announcedForeignKeys(session, hidden, signal)
  if (views.length === 0 && keys.size === 0) return script
  return session.bytesOf(withoutRefresh(withoutForeignKeys(session.textOf(script), keys), views))
}
