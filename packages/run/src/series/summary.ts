import type { AcceptedLoss, ReceiptPackage, Tally } from '@restitute/manifest'
import { acceptedLoss } from '../delivered.ts'
import type { Series } from './open-series.ts'
import { heldTally } from './series-rows.ts'

/** What a receipt says of a delivery. */
export interface DeliverySummary {
  /** Each package with the salts of its indexes. */
  readonly packages: readonly ReceiptPackage[]
  /** Source → items and bytes that the client now holds. */
  readonly sources: Readonly<Record<string, Tally>>
  /** Every item that is lost or excluded in its newest state, by source, then ascending by id. */
  readonly losses: readonly AcceptedLoss[]
}

/** The facts of a delivery for the client's receipt, from the decrypted indexes. */
export function summariseDelivery(series: Series): DeliverySummary {
  const { db, packages, sources } = series
  return {
    packages: packages.map(({ manifest, sha256 }, number) => ({
      package: manifest.package,
      manifestSha256: sha256,
      salts: saltsOf(series, number),
    })),
    sources: Object.fromEntries(sources.map((source) => [source, heldTally(db, source)])),
    losses: lossesOf(series),
  }
}

function saltsOf({ db }: Series, number: number): Record<string, string> {
  const rows = db.prepare('SELECT file, salt FROM salts WHERE package = ? ORDER BY file').all(number)
  return Object.fromEntries(rows.map((row) => [row['file'], row['salt']]))
}

function lossesOf({ db }: Series): AcceptedLoss[] {
  const rows = db
    .prepare(
      `SELECT i.source, i.id, i.state, coalesce(i.reason, 'no reason given') AS reason, s.salt
       FROM items i JOIN salts s ON s.package = i.package AND s.source = i.source
       WHERE i.state IN ('lost', 'excluded') ORDER BY i.source, i.id`,
    )
    .all() as unknown as {
    source: string
    id: string
    state: 'lost' | 'excluded'
    reason: string
    salt: string
  }[]
  return rows.map((row) => ({ source: row.source, ...acceptedLoss(row.salt, row) }))
}
