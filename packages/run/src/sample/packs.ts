import type { DatabaseSync } from 'node:sqlite'
import type { Shard } from '@restitute/core'
import { getMeta, setMeta } from '../journal/meta.ts'

/** Keeps which shards go into one volume with the first of them. */
export function setPacks(db: DatabaseSync, source: number, volumes: readonly (readonly Shard[])[]): void {
  const packs = volumes.flatMap(([first, ...others]) =>
    first && others.length > 0 ? [[first.id, others] as const] : [],
  )
  if (packs.length > 0) setMeta(db, packsKey(source), JSON.stringify(Object.fromEntries(packs)))
}

/** By the id of a shard, those that are read into its volume after it; of a sample only, otherwise each has its own. */
export function packsOf(db: DatabaseSync, source: number): Readonly<Record<string, readonly Shard[]>> {
  return JSON.parse(getMeta(db, packsKey(source)) ?? '{}') as Record<string, Shard[]>
}

function packsKey(source: number): `packs:${number}` {
  return `packs:${source}`
}
