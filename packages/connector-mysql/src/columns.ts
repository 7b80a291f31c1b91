import type { Column, Table } from './schema.ts'
import { quoteName } from './text.ts'

/** How a column's values are written: as they come, as text between quotes, or as bytes in base64. */
export type ColumnForm =
  | 'number'
  | 'float'
  | 'numbered'
  | 'time'
  | 'text'
  | 'choice'
  | 'json'
  | 'bytes'
  | 'geometry'
  | 'word'

const forms: Readonly<Record<string, ColumnForm>> = {
  ...of('number', 'tinyint smallint mediumint int bigint decimal year double'),
  ...of('time', 'date time datetime timestamp'),
  ...of('text', 'char varchar tinytext text mediumtext longtext'),
  ...of('choice', 'enum set'),
  ...of('bytes', 'binary varbinary tinyblob blob mediumblob longblob vector'),
  ...of('geometry', 'geometry point linestring polygon multipoint multilinestring multipolygon'),
  ...of('geometry', 'geometrycollection geomcollection'),
  ...of('word', 'uuid inet4 inet6'),
  float: 'float',
  bit: 'numbered',
  json: 'json',
}

function of(form: ColumnForm, types: string): Record<string, ColumnForm> {
  return Object.fromEntries(types.split(' ').map((type) => [type, form]))
}

/**
 * The form of a type; one that nobody has heard of is taken as bytes. Of an ENUM or SET that has an empty member, the
 * text does not tell that member from an invalid value, or from none: its number does.
 */
export function formOf(dataType: string, columnType: string): ColumnForm {
  if (/^(enum|set).*[(,]''[,)]/is.test(columnType)) return 'numbered'
  // A mariadb type from a plugin is named in the column's type alone.
  return forms[dataType.toLowerCase()] ?? forms[columnType.toLowerCase()] ?? 'bytes'
}

/** Forms whose values may hold anything. */
export function isFree(form: ColumnForm): boolean {
  return form === 'text' || form === 'json' || form === 'bytes' || form === 'geometry'
}

/**
 * A value as it goes into the neutral form. The text of a FLOAT has 6 digits only: as DOUBLE it has all. A BIT is a
 * number. What cannot be said in Unicode is its bytes.
 */
export function valueOf(column: Column, raw: boolean): string {
  const name = quoteName(column.name)
  if (column.form === 'float') return `${name}*1e0`
  if (column.form === 'numbered') return `${name}+0`
  return column.form === 'geometry' || raw ? bytesOf(column) : name
}

/**
 * A value's bytes as they are stored. CAST gives NULL past max_allowed_packet; CONVERT has no such limit, but what MySQL does
 * with it on these two types is not known.
 */
function bytesOf({ name, form }: Column): string {
  const isText = form !== 'geometry' && form !== 'json'
  return isText ? `CONVERT(${quoteName(name)} USING binary)` : castBytes(quoteName(name))
}

/** The bytes of a geometry, or of the text of a JSON value. */
export function castBytes(value: string): string {
  return `CAST(${value} AS BINARY)`
}

/**
 * A JSON value as one that took its text would have it: MySQL keeps types in it that the text does not tell. Decimal numbers
 * that differ past the digits of a double come to the same.
 */
export function jsonAsLoaded(column: string): string {
  return `CAST(CAST(${column} AS CHAR) AS JSON)`
}

// As many TEXT and BLOB values of 64 KiB as come to less than 1 MiB, with the 64 KiB that all other columns may have.
const mostJoined = 14

/**
 * Per row 64 hexadecimal digits that are the same on every server: the SHA-256 of its values, each unmistakable. Texts and bytes
 * as they are stored, with their lengths before them, or of the long types, and where there are many, their own digests, so
 * that the whole stays below max_allowed_packet: past it the server gives NULL; an ENUM or SET as its number, a FLOAT or DOUBLE as
 * the eight bytes that it is (in a point, the one form in which a server gives them). Not UNHEX of it: that took the server a quarter longer.
 */
export function rowDigest({ columns }: Pick<Table, 'columns'>): string {
  const wide = columns.filter(({ type }) => /^(text|blob)/.test(type)).length > mostJoined
  // A value that the server has and does not give must not pass for NULL, nor be left out: then the whole is NULL.
  const values = columns.map((one) => `IF(${quoteName(one.name)} IS NULL,'N',${digested(one, wide)})`)
  return `SHA2(CONCAT(${values.join(",',',") || "''"}),256)`
}

/** The bytes of a row's texts and bytes. What the server's statistics say of them may be years old, or nothing. */
export function rowBytes({ columns }: Pick<Table, 'columns'>): string {
  const free = columns.filter(({ form }) => isFree(form))
  const value = ({ name, form }: Column): string =>
    form === 'geometry' ? castBytes(quoteName(name)) : quoteName(name)
  return ['0', ...free.map((column) => `IFNULL(LENGTH(${value(column)}),0)`)].join('+')
}

function digested(column: Column, wide: boolean): string {
  const name = quoteName(column.name)
  if (column.form === 'choice') return `${name}+0`
  // The text of one takes the server as long as ten other values.
  if (/^(float|double)/.test(column.type)) return `ST_AsBinary(POINT(${name},0))`
  // Beside the text for NULL the server would make one of these of that text, and fail.
  if (column.form === 'word') return `CAST(${name} AS CHAR)`
  if (column.form === 'json') return `SHA2(${castBytes(jsonAsLoaded(name))},256)`
  if (!isFree(column.form)) return valueOf(column, false)
  const bytes = bytesOf(column)
  const long = /^(long|medium)|^geom|^(multi|point|poly|line)/.test(column.type)
  return long || (wide && /^(text|blob)/.test(column.type))
    ? `SHA2(${bytes},256)`
    : `CONCAT(LENGTH(${name}),':',${bytes})`
}
