import type {
  Clock,
  DestinationOf,
  DestinationSpec,
  Progress,
  ShardLimits,
  SourceSpec,
} from '@restitute/core'
import type { Checkpoint, ContractRef, Manifest, Sha256, SourceTerms } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'
import type { SampleTerms } from '../sample/choose.ts'
import type { WorkerPool } from '../workers/pool.ts'

/** One source of the contract, with its secret resolved in `spec` only. */
export interface ExportSource {
  readonly terms: SourceTerms
  /** Code of the instance it belongs to. */
  readonly instance: string
  readonly spec: SourceSpec
}

/** What {@link exportPackage} needs. */
export interface ExportOptions {
  /** The dossier's work folder: the journal lies in `<workDir>/<package>/journal.sqlite`. */
  readonly workDir: string
  /** Where what the sources' hooks have done is kept; default: `<workDir>/hooks`. */
  readonly hooksDir?: string
  /** The place, for instance `directory:/mnt/out`; the package becomes `<place>/<package>`. */
  readonly place: DestinationSpec
  /** As the worker module has it; default: the directory destination only. */
  readonly destinationOf?: DestinationOf
  readonly contractRef: ContractRef
  readonly contractPinned: boolean
  /** Head of the ledger now: the manifest pins it. */
  readonly ledger?: Checkpoint
  readonly recipients: readonly PublicKey[]
  /** For instance `R1`. */
  readonly operation: string
  /** Place in the delivery, from 1. */
  readonly sequence: number
  /** Name of the package that this one continues; its journal must be in `workDir`. */
  readonly base?: string
  readonly sources: readonly ExportSource[]
  /** Name of a source → the fingerprint under which host and client have signed it, where they have. */
  readonly scoped?: ReadonlyMap<string, string>
  /** Only items whose id matches; the others are `excluded`, unless unchanged since the base. */
  readonly items?: string
  /** A rehearsal: only a random part of each source. */
  readonly sample?: SampleTerms
  readonly signer: PrivateKey
  readonly hostKeys: readonly PublicKey[]
  readonly at: Clock
  readonly language: 'fr' | 'en'
  readonly demonstration?: true
  readonly readBack: 'hash' | 'full'
  /** Default: 1 GiB and 10 000 items per shard, parts of 1 GiB. */
  readonly limits?: ShardLimits
  /** Time-stamps the signature of the manifest; nothing where there is no stamp to be had. */
  readonly stamp?: (signature: Uint8Array) => Promise<Uint8Array | undefined>
  /** Does the work; its threads end before the journal is closed. Who has prepared it ends it, too, lest no work begins. */
  readonly pool: WorkerPool
  /** Stops at once; nothing half done is left. */
  readonly signal: AbortSignal
  /** Stops after the volumes in hand. */
  readonly drain?: AbortSignal
  readonly progress?: Progress
}

/** A finished package. */
export interface ExportedPackage {
  readonly package: string
  /** URL of its folder. */
  readonly url: string
  readonly manifest: Manifest
  /** Of `manifest.json`. */
  readonly sha256: Sha256
  /** Some items, or whole sources, are excluded or lost (exit 5). */
  readonly incomplete: boolean
  /** Whether the signature of its manifest is time-stamped. */
  readonly stamped: boolean
  /** How many volumes an earlier run had already made, and how many this one made. */
  readonly volumes: { readonly reused: number; readonly made: number }
}
