import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Hospital } from './hospital.ts'
import { sampleDocuments } from './sample-documents.ts'

/** What the hospital did between the two passes. */
export interface LaterLife {
  readonly rows: number
  readonly written: number
  readonly removed: number
}

/** The hospital goes on after the first package: rows are added and changed, documents written and removed. */
export async function liveOn(hospital: Hospital): Promise<LaterLife> {
  const rows = changeRecord(hospital.database)
  const [first, second] = await sampleDocuments(hospital.documents, 2)
  if (first === undefined || second === undefined) throw new Error('the hospital has too few documents')
  await rm(join(hospital.documents, first))
  await writeFile(join(hospital.documents, second), 'corrected after the first package\n')
  await writeFile(join(hospital.documents, 'compte-rendu tardif.txt'), 'written after the first package\n')
  return { rows, written: 2, removed: 1 }
}

function changeRecord(path: string): number {
  using database = new DatabaseSync(path)
  const changed = database
    .prepare("update patients set note = coalesce(note, '') || ' – corrigé' where id % 97 = 0")
    .run()
  return Number(changed.changes)
}
