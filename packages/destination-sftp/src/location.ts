import { decodedPart, RestituteError } from '@restitute/core'

/** Where packages lie on an SFTP server. */
export interface Location {
  /** As it was given. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly user: string
  /** Absolute, or relative to the folder in which the account begins; without a final `/`. */
  readonly folder: string
  /** SHA-256 fingerprints of the host keys that are the right ones, as `ssh-keygen -l` prints them: `SHA256:…`. */
  readonly fingerprints: readonly string[]
}

const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}$/

/**
 * Reads `sftp://user@host:22/folder?fingerprint=SHA256:…`; the parameter may be given more than once, as for a key that
 * is about to change. `/~/folder` lies below the folder in which the account begins. Throws `usage`.
 */
export function locationOf(url: string): Location {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'sftp:' || parsed.hostname === '' || parsed.username === '')
    throw malformed('sftp://user@host/folder', 'another form')
  if (parsed.password !== '') {
    throw new RestituteError('secret-in-clear', 'sftp: no password belongs into the URL', {
      hint: 'give it by reference: secret: env:NAME, or better a private key: secret: file:/path',
    })
  }
  if (parsed.hash !== '') throw malformed('%23 for a # in a name', `"${parsed.hash}"`)
  return {
    url,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 22),
    user: decoded(parsed.username),
    folder: folderOf(decoded(parsed.pathname)),
    fingerprints: fingerprintsOf(parsed.search),
  }
}

function decoded(part: string): string {
  const text = decodedPart(part)
  if (text === undefined) throw malformed('%25 for a % in a name', `"${part}"`)
  return text
}

function folderOf(path: string): string {
  const folder = path.replace(/\/+$/, '')
  if (folder === '/~') return '.'
  if (folder.startsWith('/~/')) return folder.slice('/~/'.length)
  return folder === '' ? '/' : folder
}

/** Not by `URLSearchParams`, to which the + of a fingerprint is a space. */
function fingerprintsOf(query: string): string[] {
  const pairs = query.replace(/^\?/, '').split('&')
  return pairs.filter((pair) => pair !== '').map(fingerprintIn)
}

function fingerprintIn(pair: string): string {
  const [name = '', ...value] = pair.split('=')
  if (name !== 'fingerprint') throw malformed('the parameter fingerprint', name)
  const text = decoded(value.join('=')).replace(/=+$/, '')
  if (fingerprint.test(text)) return text
  throw malformed('a fingerprint such as ssh-keygen -l prints, SHA256: and 43 characters', `"${text}"`)
}

function malformed(expected: string, got: string): RestituteError {
  return new RestituteError('usage', `sftp URL: expected ${expected}, got ${got}`)
}
