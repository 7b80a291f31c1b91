import {
  compareUtf8,
  type Destination,
  type DestinationSpec,
  type FileToCome,
  type StoredFile,
} from '@restitute/core'
import { Connection, call } from './connection.ts'
import { locationOf } from './location.ts'
import { attributesOf, entriesOf, folderOf, isUnfinished, parentOf, pathOf } from './paths.ts'
import { createUpload, temporaryName } from './pending-upload.ts'
import { readFile } from './read-file.ts'
import { freeIn } from './space.ts'

/**
 * A folder on an SFTP server as a destination; see `locationOf` for the URL, which pins the server's host key, and
 * `openSession` for the secret. Folders are made (0700) by the first `create`, files are 0600. A file is written under a
 * `.tmp-…` name beside its place, put on stable storage where the server offers it (`fsync@openssh.com`) and renamed, in
 * one step where the server offers that (`posix-rename@openssh.com`; without it a file of that name is removed first).
 * The server's cache cannot be passed by. Files have no mark: their times are whole seconds. Errors: those of every
 * destination, and `host-key-wrong`, `access-refused`, `secret-missing`, `usage` (URL).
 */
export function sftpDestination({ url, secret }: DestinationSpec): Destination {
  const connection = new Connection(locationOf(url), secret)
  return {
    url,
    create: (name, { sha256 } = {}) => createUpload(connection, name, sha256),
    read: (name, options = {}) => readFile(connection, name, options),
    list: ({ unfinished = false, shallow = false } = {}) => list(connection, unfinished, shallow),
    remove: (name) => removeFile(connection, name),
    sweep: ({ still = [] } = {}) => sweep(connection, still),
    parentIsThere: () => isFolder(connection, parentOf(connection.location.folder)),
    isThere: () => isFolder(connection, connection.location.folder),
    freeBytes: () => freeBytes(connection),
  }
}

async function* list(
  connection: Connection,
  unfinished: boolean,
  shallow: boolean,
): AsyncIterable<StoredFile> {
  for await (const file of filesBelow(connection, '', shallow))
    if (unfinished || !isUnfinished(file.name)) yield file
}

/** In the order of whole names, one folder in memory at a time; `prefix`: the folder's name with its final `/`. */
async function* filesBelow(
  connection: Connection,
  prefix: string,
  shallow = false,
): AsyncIterable<StoredFile> {
  const folder = `${connection.location.folder}/${prefix}`.replace(/\/+$/, '') || '/'
  const entries = await connection.use(`listing ${folder}`, (session) => entriesOf(session, folder))
  const named = (entries ?? [])
    .filter(({ filename }) => filename !== '.' && filename !== '..')
    .map(({ filename, attrs }) => ({
      name: attrs.isDirectory() ? `${filename}/` : filename,
      bytes: attrs.size,
    }))
    .sort((a, b) => compareUtf8(a.name, b.name))
  for (const { name, bytes } of named) {
    if (name.endsWith('/')) {
      if (!shallow) yield* filesBelow(connection, prefix + name)
    } else yield { name: prefix + name, bytes }
  }
}

function removeFile(connection: Connection, name: string): Promise<void> {
  const path = pathOf(connection, name)
  return connection.use(`removing ${name}`, (session) =>
    call(session, (answer) => session.sftp.unlink(path, answer as never)),
  )
}

async function sweep(connection: Connection, still: readonly FileToCome[]): Promise<void> {
  const kept = new Set(still.map(({ sha256 }) => temporaryName(sha256)))
  for await (const { name } of filesBelow(connection, '')) {
    if (isUnfinished(name) && !kept.has(name.slice(name.lastIndexOf('/') + 1)))
      await removeFile(connection, name)
  }
}

function isFolder(connection: Connection, folder: string): Promise<boolean> {
  return connection.use(`looking for ${folder}`, async (session) => {
    return (await attributesOf(session, folder))?.isDirectory() ?? false
  })
}

/** Of the nearest folder that exists. */
function freeBytes(connection: Connection): Promise<number | undefined> {
  return connection.use(`reading the free space of ${connection.location.host}`, async (session) => {
    let { folder } = connection.location
    while (folder.includes('/') && folder !== '/' && (await attributesOf(session, folder)) === undefined) {
      folder = folderOf(folder)
    }
    return freeIn(session, folder)
  })
}
