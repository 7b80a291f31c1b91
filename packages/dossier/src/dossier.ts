import type { LoadedContract } from './contract/loaded.ts'
import type { Ledger } from './ledger/ledger.ts'

/** Where things lie in a dossier, as absolute paths. */
export interface DossierPaths {
  /** `contract.yaml` */
  readonly contract: string
  /** `ledger.jsonl` */
  readonly ledger: string
  /** `work/`: names and inventories, 0700; itself a declared copy. Not created here. */
  readonly work: string
  /** `documents/`: signed documents, and the pinned contract with its keys. */
  readonly documents: string
  /** `keys/` */
  readonly keys: string
}

/** One client's case, open. */
export interface Dossier {
  readonly dir: string
  readonly paths: DossierPaths
  /** The contract in force: the pinned copy, or `contract.yaml` while nothing is pinned. */
  readonly terms: LoadedContract
  /** Whether host and client have signed the terms. */
  readonly pinned: boolean
  readonly ledger: Ledger
  /**
   * Makes this the only writer until disposed of; may be taken again by the same `Dossier`. Throws `dossier-locked`
   * naming the process that holds it; a lock whose process is gone is taken over.
   */
  lock(): Promise<AsyncDisposable>
}

export async function openDossier(_dir: string): Promise<Dossier> {
  throw new Error('todo')
}
