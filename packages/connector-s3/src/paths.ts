import { createHash } from 'node:crypto'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { safeName, safeNames } from '@restitute/core'

const longestFolder = 1000

/**
 * Safe paths in the bag for keys that come in their order. A segment keeps its name unless it is unsafe by itself, or an
 * earlier key took that name: as a file, or in another case or Unicode form. What is taken lies in a private temporary
 * database, of which SQLite keeps a small one in memory and a large one in a file without name.
 */
export class SafePaths implements Disposable {
  readonly #database = new DatabaseSync('')
  readonly #take: StatementSync
  readonly #find: StatementSync
  /** The folder of the last key, and its safe form: the next key is likely to lie there, too. */
  #folder = ''
  #safeFolder = ''

  constructor() {
    this.#database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE taken (folded BLOB PRIMARY KEY, name BLOB NOT NULL) WITHOUT ROWID; BEGIN`)
    this.#take = this.#database.prepare('INSERT INTO taken VALUES (?, ?) ON CONFLICT DO NOTHING')
    this.#find = this.#database.prepare('SELECT name FROM taken WHERE folded = ?')
  }

  /** Path of the newest version of a key. */
  pathOf(key: string): string {
    const at = key.lastIndexOf('/') + 1
    const folder = this.#folderOf(key.slice(0, at))
    return `data/objects/${folder}${this.#segment(key.slice(0, at), key.slice(at), 'file')}`
  }

  #folderOf(folder: string): string {
    if (folder === this.#folder) return this.#safeFolder
    let [plain, safe] = ['', '']
    for (const name of folder.split('/').slice(0, -1)) {
      safe += `${this.#segment(plain, name, 'folder')}/`
      plain += `${name}/`
    }
    if (safe.length > longestFolder) safe = `deep~${digestOf(folder).toString('hex').slice(0, 12)}/`
    this.#folder = folder
    this.#safeFolder = safe
    return safe
  }

  #segment(folder: string, name: string, kind: 'file' | 'folder'): string {
    // A file and a folder of one name may both have to change it, and must not meet again.
    const other = kind === 'folder' ? safeName(`${name}/`) : escaped(name)
    if (safeName(name) !== name) return other
    const own = digestOf(`${kind}:${name}`)
    const folded = digestOf(`${folder}${name.normalize('NFC').toLowerCase().toUpperCase()}`)
    if (this.#take.run(folded, own).changes === 1) return name
    const taken = this.#find.get(folded)?.['name']
    return taken instanceof Uint8Array && own.equals(taken) ? name : other
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

/** Path of a version that is not the newest, or of a delete marker: `suffix` is unique among those of its key. */
export function oldPathOf(key: string, suffix: string): string {
  const digest = digestOf(key).toString('hex').slice(0, 12)
  const name = escaped(key.split('/').findLast((segment) => segment !== '') ?? '')
  return `data/versions/${digest.slice(0, 2)}/${withoutDigest(name)}~${digest}/${suffix}`
}

/** The form that a name takes beside one that it would collide with. */
function escaped(name: string): string {
  return safeNames([name, `${name}`].map((one) => Buffer.from(one)))[0] ?? ''
}

function withoutDigest(name: string): string {
  return name.replace(/~[0-9a-f]{12}(\.[^.]*)?$/, '$1')
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
