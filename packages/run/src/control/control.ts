import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../journal/database.ts'
import { dropMeta, getMeta, setMeta } from '../journal/meta.ts'

/** Beside its terms in the contract, and never beyond them. */
export interface SourceLimits {
  /** Bytes per second. */
  readonly rate?: number
  /** Workers at once, at least 1. */
  readonly workers?: number
}

/** What other processes ask of a running export. It lies in the journal, so that two who ask do not lose each other's word. */
export interface Control {
  /** Grows with every change. */
  readonly revision: number
  readonly paused: boolean
  /** By source. */
  readonly limits: Readonly<Record<string, SourceLimits>>
}

const nothingAsked: Control = { revision: 0, paused: false, limits: {} }

/** What is asked just now. */
export function readControl(db: DatabaseSync): Control {
  const json = getMeta(db, 'control')
  return json === undefined ? nothingAsked : (JSON.parse(json) as Control)
}

/** Asks for something else; gives what is asked from now on. */
export function changeControl(
  db: DatabaseSync,
  change: (control: Control) => Pick<Control, 'paused' | 'limits'>,
): Control {
  return transaction(db, () => {
    const before = readControl(db)
    const control = { ...change(before), revision: before.revision + 1 }
    setMeta(db, 'control', JSON.stringify(control))
    return control
  })
}

/** A run that begins is not paused: whoever starts it wants it to go. Limits that protect a source stay. */
export function beginControl(db: DatabaseSync): void {
  if (readControl(db).paused) changeControl(db, ({ limits }) => ({ paused: false, limits }))
}

/** Once a package is made nothing is asked any more. */
export function endControl(db: DatabaseSync): void {
  dropMeta(db, 'control')
}
