import type { Session } from './connect.ts'
import { callIfOffered } from './connection.ts'

interface FileSystem {
  readonly f_frsize: number
  readonly f_bavail: number
}

/** Less than this is nothing: a file system keeps some for itself. */
const fullBelow = 256 * 1024

/** Bytes free for the account, where the server says so (`statvfs@openssh.com`). */
export async function freeIn(session: Session, folder: string): Promise<number | undefined> {
  const found = await callIfOffered<FileSystem>(session, (answer) =>
    session.sftp.ext_openssh_statvfs(folder, answer as never),
  )
  return found === undefined || found === true ? undefined : found.f_bavail * found.f_frsize
}

/** Whether nothing more fits there, as far as it can be known. */
export async function isFull(session: Session, folder: string): Promise<boolean> {
  const free = await freeIn(session, folder).catch(() => undefined)
  return free !== undefined && free < fullBelow
}
