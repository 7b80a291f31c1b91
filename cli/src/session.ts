import type { Clock, ConnectorOf, DestinationOf, Json, Progress } from '@restitute/core'
import type { PrivateKey } from '@restitute/seal'

/** What every command is given: who acts, where, when, and with which parts. */
export interface Session {
  /** The dossier's folder. */
  readonly dossierDir: string
  /** Language of documents, when the command line says so; otherwise the contract's. */
  readonly language: 'fr' | 'en' | undefined
  readonly clock: Clock
  /** Set: end at once, leaving nothing half done. */
  readonly signal: AbortSignal
  /** For commands that can end after the work in hand: what it returns is set earlier than `signal`. */
  readonly drain?: () => AbortSignal
  readonly progress: Progress
  /** A line for people, on stderr; nothing with `--quiet`. */
  readonly note: (line: string) => void
  readonly connectorOf: ConnectorOf
  readonly destinationOf: DestinationOf
  /** Reference to the secret of the places that were typed (`--secret`), where one was given. */
  readonly secret?: string
  /** Module that worker threads run. */
  readonly workerUrl: URL
  /** The private key of the person who acts; `key-missing` when nobody was named. Asked for once. */
  readonly actor: () => Promise<PrivateKey>
  /** Reads any private key, asking for its passphrase the same way. */
  readonly privateKey: (path: string) => Promise<PrivateKey>
}

/** What a command did: exit status (design §6), the document for `--json`, and the lines for people. */
export interface Outcome {
  readonly exit: number
  readonly json: { readonly [key: string]: Json }
  readonly lines: readonly string[]
  /** What may be too many things to hold: printed one by one, before the lines; the member `items` of the document. */
  readonly items?: AsyncIterable<{ readonly json: Json; readonly line: string }>
}
