import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type Json, RestituteError } from '@restitute/core'
import type { ContractProblem } from './problems.ts'

const reference = /^(?:env:([A-Za-z_]\w*)|file:(\/.+)|exec:(\S.*))$/
const maxBytes = 64 * 1024
const commandTimeout = 30_000

/**
 * The secret that a reference names: `env:NAME`; `file:/path` and `exec:program argument …` without the last
 * line feed. A command is split at spaces and run without a shell, for at most 30 s. Throws `secret-in-clear`
 * for anything that is no reference (and does not repeat it), `secret-missing` when there is nothing behind
 * it.
 */
export async function resolveSecret(text: string): Promise<string> {
  const [, name, path, command] = reference.exec(text) ?? []
  if (name !== undefined) return found(text, process.env[name])
  if (path !== undefined) return found(text, await attempt(text, () => readSecret(path)))
  if (command !== undefined) return found(text, await attempt(text, () => runSecret(command)))
  throw new RestituteError('secret-in-clear', 'secret: expected env:NAME, file:/path or exec:command')
}

async function attempt(text: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read()
  } catch {
    // The cause is dropped: what a command printed may be part of the secret.
    throw missing(text, 'it cannot be read')
  }
}

async function readSecret(path: string): Promise<string> {
  await using file = await open(path, 'r')
  const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, null)
  return buffer.toString('utf8', 0, bytesRead)
}

async function runSecret(command: string): Promise<string> {
  const [program = '', ...args] = command.trim().split(/ +/)
  const limits = { timeout: commandTimeout, maxBuffer: maxBytes, encoding: 'utf8' as const }
  return (await promisify(execFile)(program, args, limits)).stdout
}

function found(text: string, secret: string | undefined): string {
  const value = secret?.replace(/\r?\n$/, '')
  if (!value) throw missing(text, secret === undefined ? 'it is not set' : 'it is empty')
  return value
}

function missing(text: string, why: string): RestituteError {
  // The arguments of a command may hold what they should not.
  const shown = text.startsWith('exec:') ? (text.split(' ')[0] ?? '') : text
  return new RestituteError('secret-missing', `secret ${shown}: ${why}`, { details: { reference: shown } })
}

/**
 * Every place of a contract where a secret stands in clear: a `secret` that is no reference, a password in a
 * URL. Looks at the value as read, before any schema: a contract that is wrong elsewhere must not hide one.
 */
export function secretsInClear(value: Json, pointer = ''): ContractProblem[] {
  if (typeof value === 'string') return hasPassword(value) ? [inClear(pointer, 'a password in a URL')] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (key === 'secret' && !isReference(inner)) return [inClear(at, 'a secret in clear')]
    return secretsInClear(inner as Json, at)
  })
}

function isReference(value: Json): boolean {
  return value === null || (typeof value === 'string' && reference.test(value))
}

function inClear(pointer: string, what: string): ContractProblem {
  return { pointer, message: `${what}: expected a reference such as env:NAME`, secret: true }
}

// A colon before the @ is a password unless what follows it can only be a port; of an address behind the kind, too (oci:https://).
const inAuthority = /^[a-z][a-z0-9+.-]*:(?:(?:https?:)?\/\/)?[^/@:?#\s]*:(?!\d{1,5}(?:[/?#]|$))[^/\s].*@/i
const beginsWithSlash = /^[a-z][a-z0-9+.-]*:(?:https?:)?\/\/[^/@:?#\s]*:\/.*@/i
const inQuery = /[?&;](?:password|passwd|pwd|pass|secret|token|secret_?(?:access_?)?key)=[^&;]/i

function hasPassword(text: string): boolean {
  if (inAuthority.test(text) || beginsWithSlash.test(text)) return true
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && inQuery.test(text)
}

/** Throws `secret-in-clear` for a URL that somebody typed with a password in it; the message does not repeat it. */
export function refusePassword(url: string): void {
  if (!hasPassword(url)) return
  throw new RestituteError('secret-in-clear', 'a password in a URL: expected a reference beside it', {
    hint: 'give it by reference, as --help says, and change this one: others may have seen it',
  })
}
