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

/** What is read of one. */
export type Definition = Pick<DefinedObject, 'files' | 'meaning' | 'lost' | 'needs'>

/** An object as a list of the catalogue has it. */
export interface Listed {
  readonly kind: string
  readonly name: string
  /** What the list says beside it, of a trigger. */
  readonly facts: readonly (string | undefined)[]
  /** Collation of the database now. */
  readonly collation: string
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

/** What a script sets that depends on nothing. */
export const common = "SET NAMES utf8mb4, sql_mode='', time_zone='+00:00', foreign_key_checks=0"
