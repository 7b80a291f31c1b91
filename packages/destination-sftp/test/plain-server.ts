import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/** A server of SFTP version 3 and nothing beside it. */
export interface PlainServer extends AsyncDisposable {
  readonly password: string
  url(path: string): string
}

/**
 * Starts a server without any extension, whose rename replaces nothing, and which answers a read with less than was asked for:
 * all of that the protocol allows.
 */
export async function startPlainServer(): Promise<PlainServer> {
  const folder = mkdtempSync(join(tmpdir(), 'restitute-plain-sftp-'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' })
  const parsed = ssh2.utils.parseKey(pem)
  if (parsed instanceof Error) throw parsed
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')
  const server = new ssh2.Server({ hostKeys: [pem] }, (client) => {
    client
      .on('authentication', (asked) => asked.accept())
      .on('error', () => {})
      .on('session', (accept) => accept().on('sftp', (take) => serve(take())))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    password: 'any',
    url: (path) => `sftp://any@127.0.0.1:${port}${folder}/${path}?fingerprint=SHA256:${digest}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const most = 10_000

function serve(sftp: ssh2.SFTPWrapper): void {
  const open = new Map<number, { fd: number } | { names: string[]; path: string }>()
  let last = 0
  const take = (one: { fd: number } | { names: string[]; path: string }): Buffer => {
    open.set(++last, one)
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(last)
    return handle
  }
  const fdOf = (handle: Buffer): number => {
    const one = open.get(handle.readUInt32BE(0))
    if (!one || !('fd' in one)) throw new Error('no file')
    return one.fd
  }
  const trying = (id: number, act: () => void): void => {
    try {
      act()
    } catch (error) {
      const { code } = error as { code?: string }
      sftp.status(id, code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE)
    }
  }
  const done = (id: number): void => sftp.status(id, STATUS_CODE.OK)
  sftp
    .on('OPEN', (id, path, flags) =>
      trying(id, () => {
        const create = (flags & OPEN_MODE.CREAT) > 0
        const mode = !(flags & OPEN_MODE.WRITE) ? 'r' : create ? 'wx' : 'r+'
        sftp.handle(id, take({ fd: openSync(path, mode, 0o600) }))
      }),
    )
    .on('READ', (id, handle, offset, length) =>
      trying(id, () => {
        const bytes = Buffer.alloc(Math.min(length, most))
        const read = readSync(fdOf(handle), bytes, 0, bytes.length, offset)
        if (read === 0) sftp.status(id, STATUS_CODE.EOF)
        else sftp.data(id, bytes.subarray(0, read))
      }),
    )
    .on('WRITE', (id, handle, offset, data) =>
      trying(id, () => {
        writeSync(fdOf(handle), data, 0, data.length, offset)
        done(id)
      }),
    )
    .on('FSTAT', (id, handle) => trying(id, () => sftp.attrs(id, attributes(fstatSync(fdOf(handle))))))
    .on('FSETSTAT', (id, handle, { size }) =>
      trying(id, () => {
        ftruncateSync(fdOf(handle), size)
        done(id)
      }),
    )
    .on('CLOSE', (id, handle) =>
      trying(id, () => {
        const one = open.get(handle.readUInt32BE(0))
        open.delete(handle.readUInt32BE(0))
        if (one && 'fd' in one) closeSync(one.fd)
        done(id)
      }),
    )
    .on('OPENDIR', (id, path) => trying(id, () => sftp.handle(id, take({ names: readdirSync(path), path }))))
    .on('READDIR', (id, handle) =>
      trying(id, () => {
        const one = open.get(handle.readUInt32BE(0))
        const names = one && 'names' in one ? one.names.splice(0, 2) : []
        if (!one || !('names' in one) || names.length === 0) return sftp.status(id, STATUS_CODE.EOF)
        const entries = names.map((filename) => ({
          filename,
          longname: filename,
          attrs: attributes(lstatSync(join(one.path, filename))),
        }))
        return sftp.name(id, entries as never)
      }),
    )
    .on('STAT', (id, path) => trying(id, () => sftp.attrs(id, attributes(statSync(path)))))
    .on('LSTAT', (id, path) => trying(id, () => sftp.attrs(id, attributes(lstatSync(path)))))
    .on('MKDIR', (id, path) =>
      trying(id, () => {
        mkdirSync(path, 0o700)
        done(id)
      }),
    )
    .on('REMOVE', (id, path) =>
      trying(id, () => {
        unlinkSync(path)
        done(id)
      }),
    )
    .on('RENAME', (id, from, to) =>
      trying(id, () => {
        // Replaces nothing.
        linkSync(from, to)
        unlinkSync(from)
        done(id)
      }),
    )
}

function attributes({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): ssh2.Attributes {
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) }
}
