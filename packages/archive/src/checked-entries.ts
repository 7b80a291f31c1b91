import { nameProblem, RestituteError } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { differs } from './ciphertext.ts'
import { dataBytes, mostHoleBytes } from './extents.ts'
import { misplaced } from './names.ts'
import type { TarEntry } from './tar-read.ts'
import type { VolumeEntry } from './types.ts'

/**
 * The entries of one volume in the groups in which they come, each judged by those before it; what is remembered of them is
 * bounded by the record.
 */
export async function* checkedEntries(
  groups: AsyncIterable<Iterable<TarEntry>>,
  record: VolumeRecord,
): AsyncIterable<Iterable<VolumeEntry>> {
  const check = new EntryCheck(record)
  for await (const group of groups) yield check.takeAll(group)
  check.end()
}

class EntryCheck {
  readonly #record: VolumeRecord
  /** Sizes of files by path; directories and links have none. */
  readonly #seen = new Map<string, number | undefined>()
  #bytes = 0
  #holes = 0

  constructor(record: VolumeRecord) {
    this.#record = record
  }

  *takeAll(entries: Iterable<TarEntry>): Iterable<VolumeEntry> {
    for (const entry of entries) yield this.#take(entry)
  }

  #take(entry: TarEntry): VolumeEntry {
    const { name, target, extents, mode, uid, gid, modified, atHand } = entry
    const type = this.#typeOf(entry.type)
    const path = this.#pathOf(type === 'directory' && name.endsWith('/') ? name.slice(0, -1) : name)
    const link = type === 'link' ? this.#pathOf(target ?? '') : undefined
    if (misplaced({ path, link, extents })) this.#refuse('a link or a sparse file lies outside data/')
    const size = link === undefined ? entry.size : this.#sizeOfFile(link)
    this.#count(path, { size, type, extents })
    const { source } = this.#record
    const content = () => entry.content()
    const checked = { source, path, type, size, mode, uid, gid, modified, content, atHand }
    if (link === undefined && !extents) return checked
    return { ...checked, ...(link !== undefined && { link }), ...(extents && { extents }) }
  }

  end(): void {
    const { entries, plaintextBytes } = this.#record
    if (this.#seen.size !== entries) throw differs(this.#record, 'entries', entries, this.#seen.size)
    if (this.#bytes !== plaintextBytes)
      throw differs(this.#record, 'plaintext bytes', plaintextBytes, this.#bytes)
  }

  #typeOf(type: string | null): VolumeEntry['type'] {
    if (type === 'file' || type === 'directory' || type === 'link') return type
    return this.#refuse('an entry is neither a file nor a directory nor a hard link')
  }

  #pathOf(name: string): string {
    const problem = nameProblem(name)
    if (problem) this.#refuse(`the name of an entry ${problem}`)
    const { source } = this.#record
    if (!name.startsWith(`${source}/`)) this.#refuse(`an entry lies outside ${source}/`)
    return name.slice(source.length + 1)
  }

  #sizeOfFile(path: string): number {
    return this.#seen.get(path) ?? this.#refuse('a link names what is no file before it')
  }

  #count(path: string, { type, size, extents }: Pick<TarEntry, 'type' | 'size' | 'extents'>): void {
    const { entries, plaintextBytes } = this.#record
    if (this.#seen.has(path)) this.#refuse('a name occurs twice')
    this.#seen.set(path, type === 'file' ? size : undefined)
    if (this.#seen.size > entries) throw differs(this.#record, 'entries', entries, 'more')
    if (type === 'file') this.#bytes += size
    if (this.#bytes > plaintextBytes) throw differs(this.#record, 'plaintext bytes', plaintextBytes, 'more')
    if (extents) this.#holes += size - dataBytes(extents)
    if (this.#holes > mostHoleBytes)
      this.#refuse(`expected at most ${mostHoleBytes} bytes of holes, got more`)
  }

  /** Without the name: it may hold personal data. */
  #refuse(what: string): never {
    throw new RestituteError('hostile-input', `${this.#record.name}: ${what}`)
  }
}
