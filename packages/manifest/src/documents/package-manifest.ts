import type { Checkpoint, DocumentHead, Fingerprint, IsoTime, PackageRef, Sha256 } from './common.ts'

/** `manifest.json`: names every file of a package except itself, its signatures and stamps, and `SHA256SUMS`. */
export interface Manifest extends DocumentHead {
  readonly schema: 'restitute/manifest/v1'
  /** Name of the package: `<operation>-<sequence>`, for instance `R1-0001`. */
  readonly package: string
  /** Place in the delivery, from 1. */
  readonly sequence: number
  /** The package that this one continues (`export --since`). */
  readonly base?: PackageRef
  /** Whether the contract was pinned (signed by both parties) when this was exported. */
  readonly contractPinned: boolean
  /** Head of the ledger when this was exported; absent in a package that was made without a ledger. */
  readonly ledger?: Checkpoint
  readonly recipients: readonly Fingerprint[]
  readonly volumes: readonly VolumeRecord[]
  readonly indexes: readonly IndexRecord[]
  /** Every other file: keys, instructions, `open.sh`. */
  readonly files: readonly FileRecord[]
  readonly sources: readonly SourceRecord[]
  readonly readBack: ReadBack
  readonly measurements: readonly Measurement[]
  /** Name → version of what made the package. */
  readonly tools: Readonly<Record<string, string>>
}

/** A file by its bytes. */
export interface FileRecord {
  /** Path in the package, `/`-separated. */
  readonly name: string
  readonly bytes: number
  readonly sha256: Sha256
}

/** One encrypted tar; `sha256` is of the ciphertext. */
export interface VolumeRecord extends FileRecord {
  readonly source: string
  /** The shard it holds; `bag` for the volume with the bag's own files. */
  readonly shard: string
  /** Files and directories in the tar. */
  readonly entries: number
  /** Sum of the sizes of its files. */
  readonly plaintextBytes: number
}

/** One encrypted index. */
export interface IndexRecord extends FileRecord {
  readonly source: string
  /** Lines after the header. */
  readonly lines: number
  /** SHA-256 of the 32 bytes whose hexadecimal form is the header's `salt`. */
  readonly saltSha256: Sha256
  /** Of the whole decompressed index, header included. */
  readonly plaintextSha256: Sha256
}

/** Numbers of items and bytes. */
export interface Tally {
  readonly items: number
  readonly bytes: number
}

/**
 * When the hooks of a source began, and when it was thawed. Without `snapshotAt` it stood still until `thawedAt`, when
 * all of it was read.
 */
export interface MomentTimes {
  readonly frozenAt?: IsoTime
  readonly snapshotAt?: IsoTime
  readonly thawedAt?: IsoTime
}

/** One source: its frozen view and what became of its inventory. */
export interface SourceRecord {
  readonly name: string
  readonly instance: string
  readonly kind: string
  readonly fingerprint: string
  readonly view: {
    readonly point: string
    readonly consistency: 'snapshot' | 'quiesced' | 'per-item'
    readonly takenAt: IsoTime
    /** Of a source whose hooks were run. */
    readonly hooks?: MomentTimes
  }
  /** inventoried = exported + unchanged + excluded + lost (items); removed ones are no longer in the inventory. */
  readonly totals: {
    readonly inventoried: Tally
    readonly exported: Tally
    readonly unchanged: Tally
    readonly removed: Tally
    readonly excluded: Tally
    readonly lost: Tally
  }
  /** Files of the bag's payload in this package. */
  readonly payload: { readonly files: number; readonly bytes: number }
  /** Reasons of exclusion and of loss, with how many items each concerns; the items themselves are in the index. */
  readonly reasons: Readonly<Record<string, number>>
  /** Declared empty by the contract. */
  readonly declaredEmpty?: true
}

/** What reading the volumes back from the destination showed. */
export interface ReadBack {
  readonly mode: 'hash' | 'full'
  readonly volumes: number
  readonly bytes: number
}

/** One stage of one run. The same record serves exports, verifications and rehearsals. */
export interface Measurement {
  readonly stage: string
  readonly source?: string
  readonly bytesIn: number
  readonly bytesOut: number
  readonly items: number
  /** Seconds of work, and seconds spent waiting for the neighbours. */
  readonly busySeconds: number
  readonly waitingSeconds: number
  readonly retries: number
}
