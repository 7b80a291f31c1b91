import type { DatabaseSync } from 'node:sqlite'
import { RestituteError } from '@restitute/core'
import type { PackageRef } from '@restitute/manifest'
import { journalPath, readDatabase } from '../journal/database.ts'
import { getMeta, sealedState } from '../journal/meta.ts'
import { type SourceRow, sourceNamed } from '../journal/sources.ts'

/** Journal and row of a source as an earlier package of the delivery left it. */
export interface BaseSource {
  readonly db: DatabaseSync
  readonly row: SourceRow
}

/** The packages that a new one continues, newest first. */
export class Base implements Disposable {
  readonly ref: PackageRef
  readonly #journals: DatabaseSync[]

  private constructor(ref: PackageRef, journals: DatabaseSync[]) {
    this.ref = ref
    this.#journals = journals
  }

  /** Opens the journals of a package and of those before it; `usage` when it is not finished, `not-found`. */
  static open(workDir: string, name: string): Base {
    const journals: DatabaseSync[] = []
    for (let next: string | undefined = name; next !== undefined; ) {
      const db = readDatabase(journalPath(workDir, next))
      journals.push(db)
      next = getMeta(db, 'base')
    }
    const sealed = journals[0] && sealedState(journals[0])
    if (sealed) return new Base({ package: name, manifestSha256: sealed.sha256 }, journals)
    for (const db of journals) db.close()
    throw new RestituteError('usage', `base: the package ${name} is not finished`, {
      hint: 'run its export again to its end first',
    })
  }

  /** The newest state of a source before the new package, if any package has it. */
  source(name: string): BaseSource | undefined {
    for (const db of this.#journals) {
      const row = sourceNamed(db, name)
      if (row) return { db, row }
    }
    return undefined
  }

  [Symbol.dispose](): void {
    for (const db of this.#journals) db.close()
  }
}
