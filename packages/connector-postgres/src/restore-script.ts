import { loaded } from './data-package.ts'
import { qualified } from './digest.ts'
import { literal, quoted } from './location.ts'
import type { Sequence } from './sequences.ts'
import { setStatements, steady, triggersAs } from './settings.ts'
import type { Table } from './tables.ts'

/** What {@link restoreScript} needs to know. */
export interface ScriptParts {
  readonly tables: readonly Table[]
  readonly sequences: readonly Sequence[]
  /** Numbers of the large objects that the reading role may read. */
  readonly largeObjects: readonly string[]
  /** Encoding of the CSV files. */
  readonly encoding: string
}

/**
 * The script by which psql alone rebuilds the database: `psql -d postgres -v database=<new name> -f restore.sql`, started
 * in `data/`. The parts of a table are joined by `sed`, so it wants a POSIX shell. Where rows are missing, a foreign key that leads
 * to them cannot be made: the rest is.
 */
export function restoreScript(o: ScriptParts): string {
  return [
    '\\set ON_ERROR_STOP on\n\\set incomplete false\n',
    'SET client_min_messages = warning;\n',
    ...begun,
    '\\i definitions/1-roles.sql\n',
    '\\i definitions/2-create-database.sql\n',
    '\\connect :"database"\n',
    ...begun,
    '\\i definitions/3-pre-data.sql\n',
    ...setStatements(steady),
    triggersAs('replica'),
    ...o.tables
      .filter(({ unreadable }) => unreadable === undefined)
      .map((table) => loadTable(table, o.encoding)),
    ...o.sequences.map(({ safeName }) => included(`sequences/${safeName}.sql`)),
    ...o.largeObjects.map((oid) => included(`large-objects/${oid}.sql`)),
    triggersAs('origin'),
    `\\if :incomplete\n\\set ON_ERROR_STOP off\n\\endif\n`,
    '\\i definitions/4-post-data.sql\n',
    '\\set ON_ERROR_STOP on\n',
    '\\i definitions/5-database.sql\n',
    `\\if :incomplete\n${failing}\\endif\n`,
  ].join('')
}

/** Whatever the role, the database or the server sets otherwise; pg_dump's scripts change some of it. */
const begun = setStatements({ ...steady, default_transaction_read_only: 'off' })

/** What is not there may have been lost, or not been extracted: nobody shall take the database for whole. */
const failing =
  "DO $$BEGIN RAISE EXCEPTION 'rebuilt, but not whole: the files that are named above are not here'; END$$;\n"

// Each slice of a large table has a description of its own, the last thing that is written of it. The first says how many there are.
const allSlices =
  "n=$(sed -n 's/^  .description.: .slice 1 of \\([0-9]*\\).*/\\1/p' :'file'); test -z \"$n\" || test \"$n\" = $(ls :'folder' | grep -c '^datapackage')"

/** Commands for a table whose files lie in `folder`: see {@link whereDelivered}. */
function whereWhole(folder: string, commands: string): string {
  return `\\set folder ${psqlWord(folder)}\n${whereDelivered(`${folder}/datapackage.json`, commands, allSlices)}`
}

/**
 * Commands for something whose last file is `file`. The script is written before everything is read: what a damaged page
 * makes unreadable is stated as lost, and its file is not there, at which psql would stop.
 */
function whereDelivered(file: string, commands: string, more = 'true'): string {
  return [
    `\\set file ${psqlWord(file)}\n`,
    `\\set delivered \`test -f :'file' && { ${more}; } && echo true || echo false\`\n`,
    `\\if :delivered\n${commands}\\else\n\\warn :file': not here, left out'\n\\set incomplete true\n\\endif\n`,
  ].join('')
}

function included(file: string): string {
  return whereDelivered(file, `\\i ${psqlWord(file)}\n`)
}

/** `\copy` must stand on one line: what has a line break in its name is called otherwise for the moment. */
function loadTable(table: Table, encoding: string): string {
  const columns = loaded(table)
  const odd = columns
    .map(({ name }, i) => ({ name, plain: `restitute_${i}` }))
    .filter(({ name }) => isOdd(name))
  const full = qualified(table)
  const short = isOdd(table.schema + table.name)
  const names = columns.map(({ name }) => quoted(odd.find((one) => one.name === name)?.plain ?? name))
  const list = names.length > 0 ? ` (${names.join(', ')})` : ''
  const files = `tables/${table.safeName}`
  const program = `LC_ALL=C sed '${lineForPsql}' '${files.replaceAll("'", "'\\''")}'/*.csv`
  const copy = (name: string): string =>
    `\\copy ${name}${list} FROM PROGRAM ${literalWord(program)} WITH (FORMAT csv, NULL '\\N', HEADER true, ENCODING '${encoding}')\n`
  const rename = odd.map(
    ({ name, plain }) => `ALTER TABLE ${full} RENAME COLUMN ${quoted(name)} TO ${plain};\n`,
  )
  const back = odd.map(
    ({ name, plain }) => `ALTER TABLE ${full} RENAME COLUMN ${plain} TO ${quoted(name)};\n`,
  )
  if (!short) return whereWhole(files, [...rename, copy(full), ...back].join(''))
  const away = [
    `ALTER TABLE ${full} RENAME TO restitute_table;\n`,
    `ALTER TABLE ${quoted(table.schema)}.restitute_table SET SCHEMA public;\n`,
  ]
  const home = [
    `ALTER TABLE public.restitute_table SET SCHEMA ${quoted(table.schema)};\n`,
    `ALTER TABLE ${quoted(table.schema)}.restitute_table RENAME TO ${quoted(table.name)};\n`,
  ]
  const commands = [...rename, ...away, copy('public.restitute_table'), ...home, ...back]
  return whereWhole(files, commands.join(''))
}

// psql takes a line `\.` for the end even within quotes, until version 18. Such a line stands nowhere else: leaving the quotes for
// these two characters means the same. The control character is a CR.
const lineForPsql = String.raw`s/^\\\.\([[:cntrl:]]\{0,1\}\)$/"\\."\1/`

function isOdd(name: string): boolean {
  return /[\r\n]/.test(name)
}

/** In single quotes, where psql takes a backslash for itself. */
function literalWord(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function psqlWord(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Puts the pieces of a large object together; for psql, in `data/`. */
export function largeObjectLoader(
  oid: string,
  pieces: readonly { readonly file: string; readonly offset: number }[],
  about: string,
): string {
  return [
    `SELECT pg_catalog.lo_create(${oid});\n`,
    ...pieces.map(
      ({ file, offset }) =>
        `\\set piece \`base64 < ${literal(file)}\`\nSELECT pg_catalog.lo_put(${oid}, ${offset}, pg_catalog.decode(:'piece', 'base64'));\n`,
    ),
    about,
  ].join('')
}
