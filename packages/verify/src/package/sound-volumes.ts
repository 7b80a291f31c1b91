import type { FileRecord, Manifest } from '@restitute/manifest'

/** How deep a volume was looked into: its bytes compared with the manifest, or every entry in it with the index, too. */
export type Depth = 'outside' | 'inside'

/** A volume in which nothing was found wrong, and the state in which it was then. */
export interface SoundVolume {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  /** State of the file as its place gave it before it was read: `StoredFile.mark`. */
  readonly mark: string
  readonly depth: Depth
}

/**
 * What a verification leaves behind for the case that it is interrupted, kept by the caller under the digest of the
 * manifest. A later run passes a volume over when its record is the same and its mark has not changed since, and
 * for the inside when the index lists as many entries in it as were met. So this is trusted: that nobody but the
 * user can write where it is kept (who could might as well change the program or its report), and that a place
 * changes the mark of a file whenever it is written. A medium that decays without a write is noticed only by
 * reading it again, which is what a verification without these results does.
 */
export interface PartialResults {
  /** Whether this volume, in this state, was found sound at least so deeply. */
  has(volume: SoundVolume): boolean
  add(volume: SoundVolume): Promise<void>
  /** The verification came to its end; nothing of it need be kept. */
  end(): Promise<void>
}

/** The volumes of one package that need not be read again. Other files are small and always read. */
export class SoundVolumes {
  readonly #kept: PartialResults | undefined
  readonly #volumes: ReadonlySet<string>
  readonly #marks = new Map<string, string>()
  #passed = 0

  constructor({ volumes }: Manifest, kept: PartialResults | undefined) {
    this.#kept = kept
    this.#volumes = new Set(volumes.map(({ name }) => name))
  }

  /** How many were passed over. */
  get passed(): number {
    return this.#passed
  }

  /** Tells the mark of a file, before anything of it is read. */
  saw(name: string, mark: string | undefined): void {
    if (mark !== undefined && this.#volumes.has(name)) this.#marks.set(name, mark)
  }

  /** Whether a file is a volume that was found sound before and has not changed since. */
  known(record: FileRecord, depth: Depth): boolean {
    const volume = this.#stateOf(record, depth)
    return volume !== undefined && this.#kept?.has(volume) === true
  }

  /** Counts those that are passed over because of it. */
  pass(): void {
    this.#passed++
  }

  /** Keeps that nothing was found wrong with it. */
  async note(record: FileRecord, depth: Depth): Promise<void> {
    const volume = this.#stateOf(record, depth)
    if (volume) await this.#kept?.add(volume)
  }

  #stateOf({ name, bytes, sha256 }: FileRecord, depth: Depth): SoundVolume | undefined {
    const mark = this.#marks.get(name)
    return mark === undefined ? undefined : { name, bytes, sha256, mark, depth }
  }
}
