import { isUtf8 } from 'node:buffer'
import { RestituteError } from '@restitute/core'

const slash = 0x2f
const escape = /%([89A-F][0-9A-F]|25)/

/**
 * The part of an item id that stands for one file name: the name itself, or, when its bytes are not UTF-8 or it
 * looks like such an escape, the name with its offending bytes and every `%` as `%XX`. One name has one id and
 * the other way round, so no list of names is needed to come back ({@link idToPath}).
 */
export function nameToId(name: Uint8Array): string {
  const text = Buffer.from(name).toString('utf8')
  return isUtf8(name) && !escape.test(text) ? text : escaped(name)
}

function escaped(name: Uint8Array): string {
  let text = ''
  for (let at = 0; at < name.length; ) {
    const character = name.subarray(at, at + characterLength(name, at))
    text +=
      isUtf8(character) && character[0] !== 0x25 ? Buffer.from(character).toString() : percent(character)
    at += character.length
  }
  return text
}

/** Bytes of the UTF-8 character that begins at `at`; 1 where none does. */
function characterLength(name: Uint8Array, at: number): number {
  const rest = name.length - at
  return [1, 2, 3, 4].find((n) => n <= rest && isUtf8(name.subarray(at, at + n))) ?? 1
}

function percent(bytes: Uint8Array): string {
  return `%${Buffer.from(bytes).toString('hex').toUpperCase()}`
}

/** The bytes of the relative path that an id stands for, without a final `/`; empty for the root, `./`. */
export function idToPath(id: string): Buffer {
  if (id === './') return Buffer.alloc(0)
  if (!id.includes('%')) return Buffer.from(id.endsWith('/') ? id.slice(0, -1) : id)
  const pieces = id.replace(/\/$/, '').split(escape)
  return Buffer.concat(pieces.map((piece, i) => Buffer.from(piece, i % 2 === 1 ? 'hex' : 'utf8')))
}

/** The path of an item inside a folder. */
export function pathOf(root: Buffer, id: string): Buffer {
  return id === './' ? root : joinPath(root, idToPath(id))
}

/** `folder/name`, in bytes. */
export function joinPath(folder: Uint8Array, name: Uint8Array): Buffer {
  const path = Buffer.allocUnsafe(folder.length + 1 + name.length)
  path.set(folder)
  path[folder.length] = slash
  path.set(name, folder.length + 1)
  return path
}

/** Whether an id does not show the true path as it is. */
export function isEscaped(id: string): boolean {
  return escape.test(id)
}

/** Throws `hostile-input` unless the id is one that this connector makes: relative, plain and inside its folder. */
export function checkId(id: string): void {
  const names = id.replace(/\/$/, '').split('/')
  if (id !== './' && !names.every(isPlainName)) {
    throw new RestituteError(
      'hostile-input',
      `item id: expected a path inside the tree, got ${JSON.stringify(id)}`,
    )
  }
}

function isPlainName(name: string): boolean {
  const plain = name !== '' && name !== '.' && name !== '..' && !name.includes('\0')
  return plain && nameToId(idToPath(name)) === name
}
