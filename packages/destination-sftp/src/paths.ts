import { nameProblem, RestituteError } from '@restitute/core'
import type { FileEntryWithStats, Stats } from 'ssh2'
import type { Session } from './connect.ts'
import { type Connection, call } from './connection.ts'
import { statusOf } from './errors.ts'

/** What unfinished files begin with. */
export const unfinishedPrefix = '.tmp-'

/** Whether a file is one that is being written, or was given up. */
export function isUnfinished(name: string): boolean {
  return name.slice(name.lastIndexOf('/') + 1).startsWith(unfinishedPrefix)
}

/** Path on the server of a file; throws `usage` for a name that no file of a package has. */
export function pathOf({ location }: Connection, name: string): string {
  const problem = nameProblem(name)
  if (problem) throw new RestituteError('usage', `file name ${JSON.stringify(name)} ${problem}`)
  return `${location.folder.replace(/\/$/, '')}/${name}`
}

/** The folder of a path. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The folder in which a destination's own lies; that in which the account begins, for a name alone. */
export function parentOf(folder: string): string {
  return folder.includes('/') ? folderOf(folder) : '.'
}

/** Makes a folder and those above it, each for its owner alone. */
export async function makeFolder(session: Session, folder: string): Promise<void> {
  if (folder === '/' || folder === '.' || (await attributesOf(session, folder)) !== undefined) return
  await makeFolder(session, parentOf(folder))
  try {
    await call(session, (answer) => session.sftp.mkdir(folder, { mode: 0o700 }, answer as never))
  } catch (thrown) {
    // Somebody else may have made it meanwhile.
    if ((await attributesOf(session, folder)) === undefined) throw thrown
  }
}

/** What the server says of a path; undefined when nothing is there. */
export async function attributesOf(session: Session, path: string): Promise<Stats | undefined> {
  try {
    return await call<Stats>(session, (answer) => session.sftp.stat(path, answer as never))
  } catch (thrown) {
    if (statusOf(thrown) === 2) return undefined
    throw thrown
  }
}

/** What a folder holds; undefined when it is not there. */
export async function entriesOf(session: Session, folder: string): Promise<FileEntryWithStats[] | undefined> {
  try {
    return await call<FileEntryWithStats[]>(session, (answer) =>
      session.sftp.readdir(folder, answer as never),
    )
  } catch (thrown) {
    if (statusOf(thrown) === 2) return undefined
    throw thrown
  }
}
