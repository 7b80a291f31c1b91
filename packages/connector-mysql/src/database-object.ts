import { common, type DefinedObject, nativeFolders } from './defined-object.ts'
import { loadShell, readMe } from './instructions.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'

/** The database itself, and how all that it holds is loaded. */
export async function readDatabase(
  session: Session,
  schema: string,
  signal: AbortSignal,
): Promise<DefinedObject> {
  const [[charset, collation] = []] = await session.texts(
    `SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${schema}`,
    signal,
  )
  const comment = await commentOf(session, schema, signal)
  const sql = `ALTER DATABASE CHARACTER SET ${charset} COLLATE ${collation}${comment}`
  return {
    ...{ id: 'database', kind: 'database', name: '', meaning: sql },
    files: [
      { path: nativeFolders.database, text: scriptOf([common, sql]) },
      { path: 'README.txt', text: readMe },
      { path: 'load.sh', text: loadShell },
    ],
  }
}

/** MariaDB from 10.5 on. COMMENT takes no literal but a plain one. */
async function commentOf(session: Session, schema: string, signal: AbortSignal): Promise<string> {
  const known = `SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'SCHEMATA' AND COLUMN_NAME = 'SCHEMA_COMMENT'`
  if ((await session.rows(known, signal)).length === 0) return ''
  const asked = `SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${schema}`
  const [[comment = ''] = []] = await session.texts(asked, signal)
  return comment === '' ? '' : ` COMMENT '${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
