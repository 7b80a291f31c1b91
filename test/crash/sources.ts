import { randomFillSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CaseSource } from '../support/case.ts'

const smallFiles = 4000
const largeFiles = 3
const largeBytes = 24 * 1024 * 1024
const rows = 20_000

/** A tree of some thousand small files and a few larger ones, and a database: enough for some volumes. */
export async function plantSources(root: string): Promise<readonly CaseSource[]> {
  const tree = join(root, 'source', 'tree')
  for (let i = 0; i < smallFiles; i++) {
    const folder = join(tree, `d${i % 20}`)
    if (i < 20) await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `f${i}.txt`), `content ${i} `.repeat(i % 200))
  }
  for (let i = 0; i < largeFiles; i++) {
    await writeFile(join(tree, `large-${i}.bin`), randomFillSync(Buffer.alloc(largeBytes)))
  }
  plantDatabase(join(root, 'source', 'record.db'))
  return [
    { name: 'documents', url: `files:${tree}` },
    { name: 'record', url: `sqlite:${join(root, 'source', 'record.db')}` },
  ]
}

function plantDatabase(path: string): void {
  using database = new DatabaseSync(path)
  database.exec(`CREATE TABLE visit (id INTEGER PRIMARY KEY, patient TEXT NOT NULL, note TEXT);
    CREATE INDEX by_patient ON visit (patient);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO visit SELECT i, 'patient ' || i % 997, hex(randomblob(40)) FROM n`)
}
