import type {
  Clock,
  ConnectorOf,
  DestinationOf,
  DestinationSpec,
  Progress,
  SourceSpec,
} from '@restitute/core'
import type { ContractRef } from '@restitute/manifest'
import type { ExportSource } from '@restitute/run'
import type { PrivateKey, PublicKey } from '@restitute/seal'

/** What a drill needs. It writes below `folder` and to a folder of its own at `place`, and removes both at the end. */
export interface DrillOptions {
  /** For instance `REH3`. */
  readonly name: string
  /** The rehearsal's own folder: journal, the client's copy, what is rebuilt. Must not exist. */
  readonly folder: string
  /** Where what the sources' hooks have done is kept: the same as for an export. */
  readonly hooksDir: string
  /** Where packages go: a destination of the contract; the throwaway gets a folder of its own there. */
  readonly place: DestinationSpec
  readonly sources: readonly ExportSource[]
  /** Share of each stratum, above 0 and at most 1. */
  readonly share: number
  readonly seed: string
  /** Where a source is rebuilt: an empty target of the rehearsal's own, or why there is none. */
  readonly targetOf: (source: ExportSource, folder: string) => SourceSpec | string
  /** The client's keys: whether they are still fit is part of the rehearsal. */
  readonly clients: readonly PublicKey[]
  readonly signer: PrivateKey
  readonly contractRef: ContractRef
  readonly demonstration?: true
  readonly workers: number
  readonly workerUrl: URL
  readonly connectorOf: ConnectorOf
  readonly destinationOf: DestinationOf
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly progress?: Progress
  /** Told what begins, a few words each. */
  readonly note: (line: string) => void
}
