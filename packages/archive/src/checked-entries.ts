import { nameProblem, RestituteError } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { differs } from './ciphertext.ts'
import { dataBytes, mostHoleBytes } from './extents.ts'
import { misplaced } from './names.ts'
import type { TarEntry } from './tar-read.ts'
import type { VolumeEntry } from './types.ts'

/** The entries of one volume, each judged by those before it; what is remembered of them is bounded by the record. */
export async function* checkedEntries(
  entries: AsyncIterable<TarEntry>,
  record: VolumeRecord,
): AsyncIterable<VolumeEntry> {
  const check = new EntryCheck(record)
  for await (const entry of entries) yield check.take(entry)
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

  take(entry: TarEntry): VolumeEntry {
    const { name, type: rawType, target, extents, ...rest } = entry
    const type = this.#typeOf(rawType)
    const path = this.#pathOf(type === 'directory' ? name.replace(/\/$/, '') : name)
    const link = type === 'link' ? this.#pathOf(target ?? '') : undefined
    if (misplaced({ path, link, extents })) this.#refuse('a link or a sparse file lies outside data/')
    const size = link === undefined ? entry.size : this.#sizeOfFile(link)
    this.#count(path, { ...entry, size, type })
    return {
      ...rest,
      source: this.#record.source,
      path,
      type,
      size,
      ...(link !== undefined && { link }),
      ...(extents && { extents }),
    }
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
