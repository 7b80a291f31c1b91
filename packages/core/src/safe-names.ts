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
  const nameAt = (i: number): Uint8Array => names[i] ?? new Uint8Array()
  const safeAt = safeNamer(names.length, nameAt)
  return names.map((_, i) => safeAt(i))
}

/**
 * The same for a folder of millions: name by name, of which none is held. `nameAt` is asked for each of `count` names several
 * times, and answers the same.
 */
export function safeNamer(count: number, nameAt: (i: number) => Uint8Array): (i: number) => string {
  const shared = sharedKeys(count, (i) => collisionKey(decode(nameAt(i))))
  return (i) => {
    const name = nameAt(i)
    const text = decode(name)
    return isSafe(name, text) && !shared.has(collisionKey(text)) ? text : escaped(name, text)
  }
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

/** The keys that several have. Only those are held of which a hash of 32 bits comes twice. */
function sharedKeys(count: number, keyAt: (i: number) => string): ReadonlySet<string> {
  const hashes = Uint32Array.from({ length: count }, (_, i) => hashOf(keyAt(i)))
  const twice = comingTwice(hashes)
  const [seen, shared] = [new Set<string>(), new Set<string>()]
  for (const [i, hash] of hashes.entries()) {
    if (!twice.has(hash)) continue
    const key = keyAt(i)
    if (seen.has(key)) shared.add(key)
    else seen.add(key)
  }
  return shared
}

function comingTwice(hashes: Uint32Array): ReadonlySet<number> {
  const sorted = hashes.toSorted()
  return new Set(sorted.filter((hash, i) => i > 0 && hash === sorted[i - 1]))
}

/** FNV-1a over UTF-16: it only has to tell most keys apart. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
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
