/** What a destination knows of one of its files. */
export interface StoredFile {
  /** Name relative to the destination, `/`-separated. */
  readonly name: string
  readonly bytes: number
  /**
   * Cheap state of the file, where the place has one: it changes whenever the file is written again or replaced
   * (a folder: times of modification and change; an object store: version or ETag).
   */
  readonly mark?: string
}

/** A file whose content is known before it is written. */
export interface FileToCome {
  readonly name: string
  /** SHA-256 of its content, lower-case hexadecimal. */
  readonly sha256: string
}

/** A file that is being written. It appears under its name only by `commit`, on stable storage. */
export interface PendingFile extends AsyncDisposable {
  /** How many bytes from its beginning lie there already, from an earlier write that was cut off; absent: none. */
  readonly kept?: number
  /** Resolves when more may be written (back-pressure); the chunk's memory is then its owner's again, to be filled anew. */
  write(chunk: Uint8Array): Promise<void>
  /** fsync, rename, fsync of the folder (or the like). */
  commit(): Promise<void>
  /** Without `commit`, removes what was written; what was begun with its digest may stay, to be gone on with. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A destination as it is opened. */
export interface DestinationSpec {
  /** `directory:/mnt/out/R1-0001`; never with a secret in it. */
  readonly url: string
  /** The secret that the contract or the command line refers to, resolved. It stays in memory: no message, no file has it. */
  readonly secret?: string
}

/** Finds and loads the destination of a URL; rejects with `usage` for an unknown kind. Called in worker threads too. */
export type DestinationOf = (place: DestinationSpec) => Promise<Destination>

/**
 * A place where packages lie: named files, written once, read in order. Errors: `destination-unreachable`,
 * `destination-full`, `destination-failed`; `not-found` for a file that is not there.
 */
export interface Destination {
  /** `directory:/mnt/out/R1-0001`. */
  readonly url: string
  /**
   * Replaces a file of that name, if there is one, at `commit`. With the digest of what will be written, a place that
   * can goes on with what an earlier write of the same content has left there: the file is written from its first byte
   * all the same, and what lies there already is not sent again. Read it back afterwards.
   */
  create(name: string, options?: { sha256?: string }): Promise<PendingFile>
  /**
   * Streams a file from `offset` (bytes, default 0). `fresh`: past the page cache where there is one (read-back).
   * `lent`: who reads needs each chunk only until the next is asked for, so that all may lie in the same memory.
   */
  read(
    name: string,
    options?: { offset?: number; fresh?: boolean; lent?: boolean; signal?: AbortSignal },
  ): AsyncIterable<Uint8Array>
  /**
   * Every file, ascending by name; unfinished ones, where they have names, only when asked for. `hidden`: also those that are no
   * longer there for a reader, but kept in older versions; `remove` takes them, too. With both, also unfinished ones that have
   * only the name that they would get; `sweep` takes those. `shallow`: not those in folders, which are then not looked into:
   * a disk has folders of its system's own that nobody else may read.
   */
  list(options?: { unfinished?: boolean; hidden?: boolean; shallow?: boolean }): AsyncIterable<StoredFile>
  remove(name: string): Promise<void>
  /**
   * Removes what unfinished writes left behind, save what can be gone on with for files that are `still` to come; only
   * when nothing else writes there.
   */
  sweep(options?: { still?: readonly FileToCome[] }): Promise<void>
  /**
   * Whether the place in which this one lies is there, so that nothing to list means that nothing lies here: a disk that is not
   * mounted lists as empty, too. True where there are no folders.
   */
  parentIsThere(): Promise<boolean>
  /** Whether its own folder is there. Absent where there are no folders, or an emptied one is removed. */
  isThere?(): Promise<boolean>
  /** Bytes that still fit, where it can be known. */
  freeBytes(): Promise<number | undefined>
}
