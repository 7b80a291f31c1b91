import { createHash } from 'node:crypto'

const longest = 200
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i
// Control characters, and what Windows, BagIt or a shell's reader would trip over.
const unsafe = /[\p{Cc}%\\:*?"<>|/\ufffd]/u
const escapedForm = /~[0-9a-f]{12}(\.[^.]*)?$/

/**
 * Safe names for the names of one folder, in the same order (design §3, "safe names"): a name keeps itself when
 * it is UTF-8 and harmless on Linux, macOS and Windows, and collides with no sibling there; any other becomes
 * `readable~<12 hex digits of its SHA-256>.ext`. The true name is kept elsewhere (tree or table lists), so the
 * escape need not be reversible; it depends on the name and its siblings only, never on their order.
 */
export function safeNames(names: readonly Uint8Array[]): string[] {
  const texts = names.map(decode)
  const seen = new Map<string, number>()
  for (const text of texts) seen.set(collisionKey(text), (seen.get(collisionKey(text)) ?? 0) + 1)
  return names.map((name, i) => {
    const text = texts[i] ?? ''
    return isSafe(name, text) && seen.get(collisionKey(text)) === 1 ? text : escaped(name, text)
  })
}

/** {@link safeNames} for a name without siblings. */
export function safeName(name: string): string {
  return safeNames([Buffer.from(name)])[0] ?? ''
}

function decode(name: Uint8Array): string {
  return Buffer.from(name).toString('utf8')
}

function isSafe(name: Uint8Array, text: string): boolean {
  return (
    Buffer.from(text).equals(Buffer.from(name)) &&
    name.length > 0 &&
    name.length <= longest &&
    !unsafe.test(text) &&
    !/^[ .]|[ .]$/.test(text) &&
    !reserved.test(text) &&
    !escapedForm.test(text)
  )
}

/** macOS folds case and normalises, Windows folds case. */
function collisionKey(text: string): string {
  return text.normalize('NFC').toLowerCase().toUpperCase()
}

function escaped(name: Uint8Array, text: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const readable = text.replace(/[^\p{L}\p{N}._-]/gu, '_').replace(/^[._]+|[._]+$/g, '')
  const dot = readable.lastIndexOf('.')
  const extension = dot > 0 && readable.length - dot <= 9 ? readable.slice(dot) : ''
  const stem = Array.from(readable.slice(0, readable.length - extension.length))
    .slice(0, 40)
    .join('')
  return `${reserved.test(stem) ? `_${stem}` : stem}~${digest}${extension}`
}
