import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A database of one patient, and a folder of one letter. */
export async function recordsAndDocuments(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(join(folder, 'documents'), { recursive: true })
  await writeFile(join(folder, 'documents', 'letter.txt'), 'Dear colleague\n')
  using database = new DatabaseSync(join(folder, 'record.db'))
  database.exec(
    "create table patients (id integer primary key, name text); insert into patients values (1, 'Synthetic')",
  )
  return [
    { name: 'records', url: `sqlite:${join(folder, 'record.db')}` },
    { name: 'documents', url: `files:${join(folder, 'documents')}` },
  ]
}

/** A folder of one letter, `letters/first.txt`, as the only source. */
export async function oneLetter(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'letters')
  await mkdir(folder)
  await writeFile(join(folder, 'first.txt'), 'Dear colleague\n')
  return [{ name: 'letters', url: `files:${folder}` }]
}
