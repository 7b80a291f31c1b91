import { join, resolve } from 'node:path'

/** Where things lie in a dossier, as absolute paths. */
export interface DossierPaths {
  /** `contract.yaml` */
  readonly contract: string
  /** `ledger.jsonl` */
  readonly ledger: string
  /** `ledger.head`: the ledger's last checkpoint, kept outside of it. */
  readonly head: string
  /** `.lock` */
  readonly lock: string
  /** `work/`: names and inventories, 0700; itself a declared copy. Not created here. */
  readonly work: string
  /** `work/hooks/`: which sources their hooks have frozen, and what they have made. */
  readonly hooks: string
  /** `documents/`: signed documents, and the pinned contract with its keys. */
  readonly documents: string
  /** `keys/` */
  readonly keys: string
  /** `log/`: the technical log, one file a month. */
  readonly log: string
}

/** The paths of a dossier. */
export function pathsOf(dir: string): DossierPaths {
  const at = (name: string): string => join(resolve(dir), name)
  return {
    contract: at('contract.yaml'),
    ledger: at('ledger.jsonl'),
    head: at('ledger.head'),
    lock: at('.lock'),
    work: at('work'),
    hooks: at('work/hooks'),
    documents: at('documents'),
    keys: at('keys'),
    log: at('log'),
  }
}
