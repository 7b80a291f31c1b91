import { randomBytes } from 'node:crypto'
import { type PendingFile, RestituteError } from '@restitute/core'
import type { Attributes } from 'ssh2'
import type { Session } from './connect.ts'
import { type Connection, call, callIfOffered } from './connection.ts'
import { sftpError, statusOf } from './errors.ts'
import { attributesOf, folderOf, makeFolder, pathOf, unfinishedPrefix } from './paths.ts'
import { isFull } from './space.ts'

/**
 * What every server takes in one request, and what the library sends in one: of more (31 952 bytes, but for OpenSSH) it would take
 * the rest out of our memory when the first answer is there, and by then that holds something else.
 */
const pieceBytes = 31 * 1024
/** Requests on their way: so much may be lost, or out of order, when a connection breaks. */
const mostWaiting = 64
const windowBytes = mostWaiting * pieceBytes

/**
 * Begins a file under a temporary name beside its place. With the digest of its content that name follows from it: what
 * an earlier attempt left under it is gone on with, short of the last requests, which may have left holes.
 */
export function createUpload(connection: Connection, name: string, sha256?: string): Promise<PendingFile> {
  const target = pathOf(connection, name)
  const temporary = `${folderOf(target)}/${temporaryName(sha256)}`
  return connection.use(`creating ${name}`, async (session) => {
    await makeFolderOf(session, target)
    const before = sha256 === undefined ? undefined : await attributesOf(session, temporary)
    const kept = Math.max(0, (before?.size ?? 0) - windowBytes)
    const handle = await call<Buffer>(session, (answer) =>
      session.sftp.open(temporary, before === undefined ? 'wx' : 'r+', { mode: 0o600 }, answer as never),
    )
    return new PendingUpload(connection, session, {
      name,
      target,
      temporary,
      handle,
      kept,
      resumable: sha256 !== undefined,
    })
  })
}

/** A folder that cannot be made is a place that cannot be reached, whatever the server says of it. */
async function makeFolderOf(session: Session, target: string): Promise<void> {
  const folder = folderOf(target)
  try {
    await makeFolder(session, folder)
  } catch (thrown) {
    const { code, message } = sftpError(thrown, `making the folder ${folder}`)
    if (!['not-found', 'access-refused', 'destination-failed'].includes(code)) throw thrown
    throw new RestituteError(code === 'access-refused' ? code : 'destination-unreachable', message, {
      cause: thrown,
      hint: 'look at the path, what lies there, and what the account may do there',
    })
  }
}

/** The temporary name of content with this digest, or one that nobody else has. */
export function temporaryName(sha256?: string): string {
  return `${unfinishedPrefix}${sha256 ?? randomBytes(16).toString('hex')}`
}

interface Opened {
  readonly name: string
  readonly target: string
  readonly temporary: string
  readonly handle: Buffer
  readonly kept: number
  readonly resumable: boolean
}

class PendingUpload implements PendingFile {
  readonly kept: number
  readonly #connection: Connection
  readonly #session: Session
  readonly #file: Opened
  /** In the order in which they were sent, which is that of the answers. */
  readonly #waiting: Promise<void>[] = []
  #position = 0
  #failure: { readonly error: unknown } | undefined
  #open = true
  #committed = false

  constructor(connection: Connection, session: Session, file: Opened) {
    this.#connection = connection
    this.#session = session
    this.#file = file
    this.kept = file.kept
  }

  async write(chunk: Uint8Array): Promise<void> {
    // The connection stays in use, and so the process alive, while requests are on their way.
    await this.#within(`writing ${this.#file.name}`, async () => {
      for (let from = 0; from < chunk.length; from += pieceBytes) {
        await this.#send(chunk.subarray(from, from + pieceBytes))
      }
    })
  }

  async commit(): Promise<void> {
    const { name, temporary, target, handle } = this.#file
    await this.#within(`finishing ${name}`, async () => {
      await this.#settled()
      const { size } = await call<Attributes>(this.#session, (answer) =>
        this.#session.sftp.fstat(handle, answer as never),
      )
      // What an earlier attempt had left may be longer than the whole.
      if (size !== this.#position) await this.#truncate()
      await callIfOffered(this.#session, (answer) =>
        this.#session.sftp.ext_openssh_fsync(handle, answer as never),
      )
      await this.#close()
      await rename(this.#session, temporary, target)
      this.#committed = true
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#waiting)
    if (this.#committed) return
    const { temporary, resumable, name } = this.#file
    // A connection that broke has closed the file, and what is left is swept later.
    await this.#within(`giving up ${name}`, async () => {
      await this.#close()
      if (!resumable)
        await call(this.#session, (answer) => this.#session.sftp.unlink(temporary, answer as never))
    }).catch(() => {})
  }

  #within<T>(attempt: string, act: () => Promise<T>): Promise<T> {
    return this.#connection.within(this.#session, attempt, act)
  }

  async #send(piece: Uint8Array): Promise<void> {
    const at = this.#position
    this.#position += piece.length
    if (at + piece.length <= this.kept) return
    if (this.#waiting.length >= mostWaiting) await this.#waiting.shift()
    this.#throwFailure()
    const { handle, name } = this.#file
    // The library copies the bytes before it returns: whoever gave them may use them again.
    const sent = call(this.#session, (answer) =>
      this.#session.sftp.write(
        handle,
        Buffer.from(piece.buffer, piece.byteOffset, piece.length),
        0,
        piece.length,
        at,
        answer as never,
      ),
    )
    this.#waiting.push(
      sent.catch(async (thrown: unknown) => {
        this.#failure ??= { error: await this.#asFull(thrown, `writing ${name}`) }
      }),
    )
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#waiting)
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** "Failure" is all that a server says of a full disk; how much is free says more. */
  async #asFull(thrown: unknown, attempt: string): Promise<unknown> {
    const full = statusOf(thrown) === 4 && (await isFull(this.#session, folderOf(this.#file.target)))
    if (!full) return thrown
    return new RestituteError('destination-full', `${attempt}: no space left`, { cause: thrown })
  }

  async #truncate(): Promise<void> {
    const { handle } = this.#file
    const size = this.#position
    await call(this.#session, (answer) =>
      this.#session.sftp.fsetstat(handle, { size } as never, answer as never),
    )
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await call(this.#session, (answer) => this.#session.sftp.close(this.#file.handle, answer as never))
  }
}

/** In one step where the server offers it; elsewhere a file of that name is removed first. */
async function rename(session: Session, from: string, to: string): Promise<void> {
  const { sftp } = session
  if (await callIfOffered(session, (answer) => sftp.ext_openssh_rename(from, to, answer as never))) return
  if ((await attributesOf(session, to)) !== undefined)
    await call(session, (answer) => sftp.unlink(to, answer as never))
  await call(session, (answer) => sftp.rename(from, to, answer as never))
}
