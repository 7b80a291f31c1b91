import type { DatabaseSync } from 'node:sqlite'

/**
 * A fact about the package that is set once: the digest of its options, its id, when it was begun and took its folder, its base, how it
 * was sealed; the number of its volumes; what a running export is asked (`control`) and says of itself (`run`); by
 * source, when its hooks were run (`moment`); by row
 * of a source, what was measured beside its volumes, the strata that a rehearsal drew
 * from, and what it packed into one volume.
 */
export type MetaKey =
  | 'options'
  | 'id'
  | 'begun'
  | 'claimed'
  | 'base'
  | 'volumes'
  | 'sealed'
  | 'control'
  | 'run'
  | `moment:${string}`
  | `measured:${number}`
  | `strata:${number}`
  | `packs:${number}`

/** A fact, if it is known. */
export function getMeta(db: DatabaseSync, key: MetaKey): string | undefined {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value']
  return typeof value === 'string' ? value : undefined
}

/** Sets a fact. */
export function setMeta(db: DatabaseSync, key: MetaKey, value: string): void {
  db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(
    key,
    value,
  )
}

/** Forgets a fact. */
export function dropMeta(db: DatabaseSync, key: MetaKey): void {
  db.prepare('DELETE FROM meta WHERE key = ?').run(key)
}

/** How a package was sealed. */
export interface Sealed {
  /** Of its `manifest.json`. */
  readonly sha256: string
  readonly incomplete: boolean
}

/** How the package was sealed, once it is. */
export function sealedState(db: DatabaseSync): Sealed | undefined {
  const json = getMeta(db, 'sealed')
  return json === undefined ? undefined : (JSON.parse(json) as Sealed)
}
