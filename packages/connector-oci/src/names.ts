import { RestituteError } from '@restitute/core'

// OCI distribution specification 1.1, "Pulling manifests".
const repositoryForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const digestForm = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const longestRepository = 255

/** Whether a text can name a repository. */
export function isRepository(text: string): boolean {
  return text.length <= longestRepository && repositoryForm.test(text)
}

/** Whether a text can be a tag. */
export function isTag(text: string): boolean {
  return tagForm.test(text)
}

/** Whether a text is a digest of an algorithm that we can compute. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && digestForm.test(text)
}

/** Path of a blob in an image layout: `sha256:ab…` → `blobs/sha256/ab…`. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** {@link blobPath} undone; nothing for any other path. */
export function digestOfPath(path: string): string | undefined {
  const digest = path.startsWith('blobs/') ? path.slice('blobs/'.length).replace('/', ':') : undefined
  return isDigest(digest) ? digest : undefined
}

/** The name of the hash in a digest, for `node:crypto`. */
export function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'))
}

/** The hexadecimal digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** What a registry sent and no honest one sends. */
export function hostile(what: string, expected: string, got: string): RestituteError {
  return new RestituteError('hostile-input', `${what}: expected ${expected}, got ${got}`)
}
