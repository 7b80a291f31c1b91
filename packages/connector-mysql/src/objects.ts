import { compareUtf8, safeNames } from '@restitute/core'
import { isFailure, isReadOnly, reasonOf } from './errors.ts'
import { loadShell, readMe } from './instructions.ts'
import { referencesOf } from './references.ts'
import { scriptOf } from './script.ts'
import { Session } from './session.ts'
import { definedId, definerName, quoteName, quoteText, underCollation, unqualified } from './text.ts'
import { bodyOf } from './trigger-text.ts'

/** A file of the native form. */
export interface NativeFile {
  /** Below `data/native/`. */
  readonly path: string
  readonly text: string
}

/** Something that is defined, without rows: how it is made again. */
export interface DefinedObject {
  /** `view/active_patients` */
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly files: readonly NativeFile[]
  /** What must be equal in a restored copy. */
  readonly meaning: string
  readonly lost?: string
  /** Ids of what it may need to be made. */
  readonly needs?: ReadonlySet<string>
}

interface Listed {
  readonly kind: string
  readonly name: string
  /** What the list says beside it, of a trigger. */
  readonly facts: readonly (string | undefined)[]
}

/** Folders of the native form, in the order in which they are loaded; the rows come before `3-packages`. */
export const nativeFolders = {
  database: '0-database.sql',
  sequence: '1-sequences',
  table: '2-tables',
  package: '3-packages',
  'package body': '4-routines',
  function: '4-routines',
  procedure: '4-routines',
  view: '6-views',
  definer: '7-definers',
  trigger: '7-triggers',
  event: '8-events',
  /** What the server itself could not make again, or no other one could without more than this database. */
  lost: 'lost',
} as const

const common = "SET NAMES utf8mb4, sql_mode='', time_zone='+00:00', foreign_key_checks=0"

/** Every object of a database but its tables. One that cannot be read is lost. */
export async function readObjects(session: Session, signal: AbortSignal): Promise<DefinedObject[]> {
  const schema = quoteText(session.location.database)
  const listed = (await Promise.all(listings(schema).map((sql) => session.texts(sql, signal)))).flat()
  const objects = listed.map(([kind = '', name = '', ...facts]) => ({
    kind: kind.toLowerCase(),
    name,
    facts,
  }))
  const read: DefinedObject[] = [await readDatabase(session, schema, signal)]
  for (const [kind, ones] of Map.groupBy(objects, (one) => one.kind)) {
    const safe = safeNames(ones.map(({ name }) => Buffer.from(name)))
    for (const [i, one] of ones.entries())
      read.push(await readObject(session, one, safe[i] ?? '', kind, signal))
  }
  return read.sort((a, b) => compareUtf8(a.id, b.id))
}

// Of all triggers at once: to find one the server opens every table.
const triggerFacts =
  'EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, DEFINER, ACTION_ORDER, SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION, @@collation_database'

function listings(schema: string): string[] {
  const from = (what: string, table: string, column: string): string =>
    `SELECT ${what} FROM information_schema.${table} WHERE ${column} = ${schema}`
  return [
    `${from("LOWER(IF(TABLE_TYPE='VIEW','view','sequence')), TABLE_NAME", 'TABLES', 'TABLE_SCHEMA')} AND TABLE_TYPE IN ('VIEW', 'SEQUENCE')`,
    from('ROUTINE_TYPE, ROUTINE_NAME', 'ROUTINES', 'ROUTINE_SCHEMA'),
    from(`'trigger', TRIGGER_NAME, ${triggerFacts}`, 'TRIGGERS', 'TRIGGER_SCHEMA'),
    from("'event', EVENT_NAME", 'EVENTS', 'EVENT_SCHEMA'),
  ]
}

async function readObject(
  session: Session,
  one: Listed,
  safe: string,
  kind: string,
  signal: AbortSignal,
): Promise<DefinedObject> {
  const { name } = one
  const base = { id: definedId(kind, name), kind: kind.replace(' ', '-'), name }
  try {
    return { ...base, ...(await definitionOutside(session, one, safe, signal)) }
  } catch (error) {
    if (isFailure(error) || signal.aborted) throw error
    return {
      ...base,
      files: [],
      meaning: 'unreadable',
      lost: `its definition cannot be read: ${reasonOf(error)}`,
    }
  }
}

type Definition = Pick<DefinedObject, 'files' | 'meaning' | 'lost' | 'needs'>

/**
 * A transaction that only reads is refused the definition of a view that draws from a sequence. No definition but that of a
 * table is held by the transaction: a session without one reads the same.
 */
async function definitionOutside(
  session: Session,
  one: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  try {
    return await definitionOf(session, one, safe, signal)
  } catch (error) {
    if (!isReadOnly(error)) throw error
    await using outside = await Session.open(session.location, signal, session.location.database)
    return await definitionOf(outside, one, safe, signal)
  }
}

function definitionOf(session: Session, one: Listed, safe: string, signal: AbortSignal): Promise<Definition> {
  if (one.kind === 'view') return viewOf(session, one.name, safe, signal)
  if (one.kind === 'sequence') return sequenceOf(session, one.name, safe, signal)
  if (one.kind === 'trigger') return triggerOf(session, one, safe, signal)
  return programOf(session, one, safe, signal)
}

async function readDatabase(session: Session, schema: string, signal: AbortSignal): Promise<DefinedObject> {
  const [[charset, collation] = []] = await session.texts(
    `SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${schema}`,
    signal,
  )
  const comment = await commentOf(session, schema, signal)
  const sql = `ALTER DATABASE CHARACTER SET ${charset} COLLATE ${collation}${comment}`
  return {
    ...{ id: 'database', kind: 'database', name: '', meaning: sql },
    files: [
      { path: nativeFolders.database, text: scriptOf([common, sql]) },
      { path: 'README.txt', text: readMe },
      { path: 'load.sh', text: loadShell },
    ],
  }
}

/** MariaDB from 10.5 on. COMMENT takes no literal but a plain one. */
async function commentOf(session: Session, schema: string, signal: AbortSignal): Promise<string> {
  const known = `SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'SCHEMATA' AND COLUMN_NAME = 'SCHEMA_COMMENT'`
  if ((await session.rows(known, signal)).length === 0) return ''
  const asked = `SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${schema}`
  const [[comment = ''] = []] = await session.texts(asked, signal)
  return comment === '' ? '' : ` COMMENT '${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/**
 * A view is made twice: first without its definer, each after those that it reads, then with it, in the other order. One that
 * the server cannot resolve is not made.
 */
async function viewOf(
  session: Session,
  name: string,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [[, shown = '', client = '', collation = ''] = []] = await session.texts(
    `SHOW CREATE VIEW ${quoteName(name)}`,
    signal,
  )
  const sql = unqualified(shown, session.location.database)
  const columns = await session
    .texts(`SHOW COLUMNS FROM ${quoteName(name)}`, signal)
    .catch((error: unknown) => {
      if (isFailure(error) || isReadOnly(error) || signal.aborted) throw error
      return reasonOf(error)
    })
  const settings = programSettings({ mode: '', zone: '+00:00', client, collation, sql })
  const meaning = JSON.stringify([collation, meaningOf(sql)])
  const { elsewhere, packaged, needs } = referencesOf(shown, session.location.database)
  const files = madeTwice('view', `${nativeFolders.view}/${safe}.sql`, safe, settings, sql)
  const made = { kind: 'view', files, meaning }
  if (typeof columns === 'string') {
    return { ...made, ...lostObject(made, `the view does not work in the source either: ${columns}`) }
  }
  if (elsewhere !== undefined) {
    return {
      ...made,
      ...lostObject(made, `it reads the database ${elsewhere}, which is no part of this source`),
    }
  }
  if (packaged !== undefined) {
    const lost = `it calls a function of the package ${packaged}, which a view names with its database, and the copy may have another`
    return { ...made, ...lostObject(made, lost) }
  }
  return { files, meaning, needs }
}

/** Its text is delivered where nothing loads it: what cannot be made would end the whole restoration. */
function lostObject(
  { kind, files }: Pick<DefinedObject, 'kind' | 'files'>,
  lost: string,
): Pick<Definition, 'files' | 'lost'> {
  const [last] = files.slice(-1)
  if (last === undefined) return { files: [], lost }
  const name = last.path.slice(last.path.indexOf('/') + 1).replace(new RegExp(`^${kind}-`), '')
  return { files: [{ path: `${nativeFolders.lost}/${kind}-${name}`, text: last.text }], lost }
}

/**
 * The same objects; a view or a trigger is lost, too, where what it needs is: one of the tables `unmade`, a routine,
 * another view.
 */
export function lostTogether(objects: readonly DefinedObject[], unmade: Iterable<string>): DefinedObject[] {
  const gone = new Set(unmade)
  for (const { id, lost } of objects) if (lost !== undefined) gone.add(id)
  for (let all = [...objects]; ; ) {
    const next = all.map((one) => {
      const missing = one.lost === undefined && [...(one.needs ?? [])].find((id) => gone.has(id))
      return missing ? { ...one, ...lostObject(one, `it needs ${missing}, which is lost`) } : one
    })
    const more = next.filter(({ id, lost }) => lost !== undefined && !gone.has(id))
    if (more.length === 0) return next
    for (const { id } of more) gone.add(id)
    all = next
  }
}

/** MariaDB turns a definer that is a role into an account of any host, `%`, where there is no such role. */
function meaningOf(sql: string): string {
  return sql.replace(/^(CREATE [^`(]*DEFINER=`(?:[^`]|``)+`)@`%`/, '$1')
}

function replacing(sql: string): string {
  return sql.replace(/^CREATE /, 'CREATE OR REPLACE ')
}

async function sequenceOf(
  session: Session,
  name: string,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const quoted = quoteName(name)
  const [[, sql = ''] = []] = await session.texts(`SHOW CREATE SEQUENCE ${quoted}`, signal)
  const [[next = '', round = '', setBack] = []] = await session.texts(
    `SELECT next_not_cached_value, cycle_count,
       IF(increment < 0, next_not_cached_value > start_value, next_not_cached_value < start_value) FROM ${quoted}`,
    signal,
  )
  // SETVAL only goes on from where a new one stands.
  const back = setBack === '1' ? [`ALTER SEQUENCE ${quoted} RESTART ${next}`] : []
  const state = `SELECT SETVAL(${quoted}, ${next}, 0, ${round})`
  return {
    files: [{ path: `${nativeFolders.sequence}/${safe}.sql`, text: scriptOf([common, sql, ...back, state]) }],
    meaning: `${sql}\n${state}`,
  }
}

/** Routines, packages and events: they keep the mode and the collations that they were made under. */
async function programOf(
  session: Session,
  one: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [[, ...shown] = []] = await session.texts(
    `SHOW CREATE ${one.kind.toUpperCase()} ${quoteName(one.name)}`,
    signal,
  )
  const zone = one.kind === 'event' ? (shown.splice(1, 1)[0] ?? '') : '+00:00'
  const [mode = '', sql, client = '', collation = '', was = ''] = shown
  if (sql === undefined) throw new Error('the account may not see it')
  const folder = nativeFolders[one.kind as keyof typeof nativeFolders]
  const settings = programSettings({ mode, zone, client, collation, sql })
  const [[is = ''] = []] = await session.texts('SELECT @@collation_database', signal)
  const around = (made: string): string[] => underCollation(made, was, is)
  const text = scriptOf([settings, ...around(sql)])
  const meaning = JSON.stringify([mode, zone, collation, meaningOf(sql), ...(was === is ? [] : [was])])
  // A function and a procedure may have one name.
  const file = folder === nativeFolders.function ? `${one.kind.replace(' ', '-')}-${safe}` : safe
  if (one.kind === 'event' && (await hasPassed(session, one.name, signal))) {
    const lost = 'its time has passed: a server drops or disables such an event as soon as it is made'
    return { files: [{ path: `${nativeFolders.lost}/event-${safe}.sql`, text }], meaning, lost }
  }
  const path = `${folder}/${file}.sql`
  const twice = one.kind === 'function' && session.mariadb
  const files = twice ? madeTwice('function', path, safe, settings, sql, around) : [{ path, text }]
  return { files, meaning }
}

/**
 * Made first as anybody's, and with its definer after all views: where that is not there, or has no rights yet, no view can be
 * made that reads or calls it.
 */
function madeTwice(
  kind: string,
  path: string,
  safe: string,
  settings: string,
  sql: string,
  around = (made: string): string[] => [made],
): NativeFile[] {
  const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")'
  const anybodys = sql.replace(
    new RegExp(`^(CREATE (?:ALGORITHM=\\w+ )?)DEFINER=${name}(?:@${name})? `),
    '$1',
  )
  return [
    { path, text: scriptOf([settings, ...around(replacing(anybodys))]) },
    {
      path: `${nativeFolders.definer}/${kind}-${safe}.sql`,
      text: scriptOf([settings, ...around(replacing(sql))]),
    },
  ]
}

/** Whether an event would not be made again as it is. The catalogue gives its times in the event's own zone. */
async function hasPassed(session: Session, name: string, signal: AbortSignal): Promise<boolean> {
  const end = 'COALESCE(EXECUTE_AT, ENDS)'
  const [row] = await session.texts(
    `SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() AND BINARY EVENT_NAME = ${quoteText(name)}
       AND IFNULL(CONVERT_TZ(${end}, IF(TIME_ZONE = 'SYSTEM', @@GLOBAL.time_zone, TIME_ZONE), '+00:00'), ${end}) < UTC_TIMESTAMP()
       AND (ON_COMPLETION = 'NOT PRESERVE' OR STATUS = 'ENABLED')`,
    signal,
  )
  return row !== undefined
}

/** The text of a trigger may name its database: it is put together again without. Several of one table keep their order. */
async function triggerOf(
  session: Session,
  { name, facts }: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [table = '', timing, event, definer = '', order = '1', mode = '', client = '', collation = ''] = facts
  const [was = '', is = ''] = facts.slice(8)
  const [[, , statement] = []] = await session.texts(`SHOW CREATE TRIGGER ${quoteName(name)}`, signal)
  if (statement === undefined) throw new Error('the account may not see it')
  const made = `CREATE DEFINER=${definerName(definer)} TRIGGER ${quoteName(name)} ${timing} ${event} ON ${quoteName(table)} FOR EACH ROW ${bodyOf(statement)}`
  const settings = programSettings({ mode, zone: '+00:00', client, collation, sql: made })
  const path = `${nativeFolders.trigger}/${order.padStart(4, '0')}-${safe}.sql`
  return {
    files: [{ path, text: scriptOf([settings, ...underCollation(made, was, is)]) }],
    meaning: JSON.stringify([mode, collation, order, meaningOf(made), ...(was === is ? [] : [was])]),
    needs: new Set([`table/${table}`]),
  }
}

/** A text with characters that its client's charset has in another way is sent as UTF-8; what it means stays the same. */
function programSettings(o: {
  mode: string
  zone: string
  client: string
  collation: string
  sql: string
}): string {
  const charset = /^[\0-\x7f]*$/.test(o.sql) || o.client.startsWith('utf8') ? o.client : 'utf8mb4'
  return `SET NAMES utf8mb4, sql_mode='${o.mode}', time_zone='${o.zone}', collation_connection=${o.collation}, character_set_client=${charset}`
}
