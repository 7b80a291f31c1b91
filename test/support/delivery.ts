import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Case, type CaseSource, deliverAll, exportPackage, openCase, pin } from './case.ts'

/** A case with two packages at the client: `R1-0001`, and `R1-0002` with what changed since, of a tree and a database. */
export async function openDelivery(): Promise<Case> {
  const opened = await openCase({ sources })
  await pin(opened)
  await exportPackage(opened)
  await liveOn(opened.root)
  await exportPackage(opened, 'R1-0001')
  await deliverAll(opened)
  return opened
}

const treeOf = (root: string): string => join(root, 'tree')
const databaseOf = (root: string): string => join(root, 'record.db')

async function sources(root: string): Promise<CaseSource[]> {
  await mkdir(join(treeOf(root), 'empty'), { recursive: true })
  await mkdir(join(treeOf(root), 'letters'))
  await writeFile(join(treeOf(root), 'letters', 'first.txt'), 'Dear colleague\n')
  await writeFile(join(treeOf(root), 'letters', 'same.txt'), 'unchanged\n')
  using database = new DatabaseSync(databaseOf(root))
  database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO patients VALUES (1, 'Zoë'), (2, NULL)`)
  return [
    { name: 'documents', url: `files:${treeOf(root)}` },
    { name: 'records', url: `sqlite:${databaseOf(root)}` },
  ]
}

async function liveOn(root: string): Promise<void> {
  await writeFile(join(treeOf(root), 'letters', 'second.txt'), 'Dear patient\n')
  using database = new DatabaseSync(databaseOf(root))
  database.exec(`INSERT INTO patients VALUES (3, 'Ana')`)
}
