import { createHash } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { RestituteError } from '@restitute/core'
import { Client, type ConnectConfig, type SFTPWrapper } from 'ssh2'
import { sftpError } from './errors.ts'
import type { Location } from './location.ts'

const readyTimeout = 20_000
const idleTimeout = 60_000
const keepAlive = 30_000

/** An open SFTP session. */
export interface Session {
  readonly sftp: SFTPWrapper
  readonly socket: Socket
  /** What waits for an answer: each is told when the connection ends without one. */
  readonly waiting: Set<(reason: unknown) => void>
}

/**
 * Connects and opens a session. The host key must be one of those pinned in the location; its fingerprint is compared
 * before anything of ours is sent. `secret`: a private key (OpenSSH or PEM), else a password, which a server may ask for
 * either way; without one the agent at
 * `SSH_AUTH_SOCK` is asked. `onEnd` is called when the connection has ended. Throws `host-key-wrong`, `access-refused`, `secret-missing`, `destination-unreachable`.
 */
export async function openSession(
  location: Location,
  secret: string | undefined,
  onEnd: () => void,
): Promise<Session> {
  const how = credentials(secret)
  const socket = connectTcp({ host: location.host, port: location.port, noDelay: true })
  socket.setKeepAlive(true, keepAlive).setTimeout(idleTimeout)
  const client = new Client()
  const waiting: Session['waiting'] = new Set()
  let wrongKey: RestituteError | undefined
  const fail = (thrown: unknown): void => {
    const error = wrongKey ?? connectionError(location, thrown)
    for (const reject of waiting) reject(error)
    waiting.clear()
    socket.destroy()
    onEnd()
  }
  // A server asks for a password either by that name or, through PAM, in a dialogue of one question.
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
    finish(prompts.map(() => how.password ?? '')),
  )
  client.on('error', fail).on('close', () => fail(new Error('the connection broke')))
  socket.on('timeout', () => {
    if (waiting.size > 0) fail(new Error(`no answer for ${idleTimeout / 1000} s`))
  })
  const hostVerifier = (key: Buffer): boolean => (wrongKey = keyProblem(location, key)) === undefined
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    waiting.add(reject)
    client.once('ready', () =>
      client.sftp((error, opened) => {
        waiting.delete(reject)
        if (error) reject(sftpError(error, `opening SFTP on ${location.host}`))
        else resolve(opened)
      }),
    )
    try {
      client.connect({ sock: socket, username: location.user, hostVerifier, readyTimeout, ...how })
    } catch (thrown) {
      socket.destroy()
      reject(unreadableKey(thrown))
    }
  })
  sftp.on('error', fail)
  return { sftp, socket, waiting }
}

function keyProblem({ host, fingerprints }: Location, key: Buffer): RestituteError | undefined {
  const got = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
  if (fingerprints.includes(got)) return undefined
  const details = { expected: [...fingerprints], got }
  if (fingerprints.length > 0) {
    const message = `${host}: expected the host key ${fingerprints.join(' or ')}, got ${got}`
    const hint = 'another machine answers, or its key was changed: ask whoever runs it, by another channel'
    return new RestituteError('host-key-wrong', message, { hint, details })
  }
  return new RestituteError('host-key-wrong', `${host}: no host key is pinned, got ${got}`, {
    hint: `compare it with what whoever runs the server says, then put it into the URL: ?fingerprint=${got}`,
    details,
  })
}

type Credentials = Pick<ConnectConfig, 'privateKey' | 'password' | 'agent' | 'tryKeyboard'>

function credentials(secret: string | undefined): Credentials {
  if (secret?.trimStart().startsWith('-----BEGIN ')) return { privateKey: `${secret.trim()}\n` }
  if (secret !== undefined) return { password: secret, tryKeyboard: true }
  const agent = process.env['SSH_AUTH_SOCK']
  if (agent !== undefined && agent !== '') return { agent }
  throw new RestituteError(
    'secret-missing',
    'sftp: neither a secret nor an agent (SSH_AUTH_SOCK) is at hand',
    {
      hint: 'give the destination a secret: file:/path of a private key, or a password by env:NAME',
    },
  )
}

function unreadableKey(thrown: unknown): unknown {
  if (thrown instanceof RestituteError) return thrown
  // The library's message tells how the key is locked, never what is in it.
  return new RestituteError('access-refused', 'sftp: the private key behind the secret cannot be used', {
    cause: thrown,
    hint: 'it must be in OpenSSH or PEM form, without passphrase; an agent can hold one that has a passphrase',
  })
}

function connectionError({ host, port, user }: Location, thrown: unknown): RestituteError {
  const level = typeof thrown === 'object' && thrown !== null && 'level' in thrown ? thrown.level : undefined
  if (level !== 'client-authentication')
    return unreachable(sftpError(thrown, `reaching ${host}, port ${port}`))
  return new RestituteError('access-refused', `${host} refuses the account ${user}`, {
    cause: thrown,
    hint: 'look at what the secret refers to, and whether the server takes keys or passwords for this account',
  })
}

/** Of a place that was typed, the contract knows nothing that could be looked at. */
function unreachable(error: RestituteError): RestituteError {
  if (error.code !== 'destination-unreachable' || error.hint !== undefined) return error
  return new RestituteError(error.code, error.message, {
    cause: error.cause,
    hint: 'look at host and port in the URL, and whether the server lets this machine in',
  })
}
