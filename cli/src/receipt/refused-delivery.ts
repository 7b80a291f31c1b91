import type { Package } from '@restitute/archive'
import { asRestituteError } from '@restitute/core'
import type { Receipt, SourceRecord, Tally } from '@restitute/manifest'
import type { DeliverySummary } from '@restitute/run'
import type { Report } from '@restitute/verify'

/** Who refuses a delivery need not be able to open it: that may be why. `otherwise` stands for what cannot be read then. */
export async function orRefused<T>(
  decision: Receipt['decision'],
  work: Promise<T>,
  otherwise: () => T,
): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    const isClosed = ['invalid', 'key-wrong', 'hostile-input', 'document-invalid'].includes(
      asRestituteError(thrown).code,
    )
    if (decision === 'refused' && isClosed) return otherwise()
    throw thrown
  }
}

/** What is known of a package that no key at hand opens. */
export const unopened: Report = {
  ...{ kind: 'package', verdict: 'could-not-check', signers: [], findings: [], checked: [], notChecked: [] },
}

/** What the newest manifest states, without the salts and the losses that nobody could read. */
export function stated(packages: readonly Package[]): DeliverySummary {
  const { sources = [], indexes = [] } = packages.at(-1)?.manifest ?? {}
  const read = sources.filter(({ name }) => indexes.some(({ source }) => source === name))
  const held = ({ exported, unchanged }: SourceRecord['totals']): Tally => ({
    items: exported.items + unchanged.items,
    bytes: exported.bytes + unchanged.bytes,
  })
  return {
    packages: packages.map(({ manifest, sha256 }) => ({
      ...{ package: manifest.package, manifestSha256: sha256, salts: {} },
    })),
    sources: Object.fromEntries(read.map(({ name, totals }) => [name, held(totals)])),
    losses: [],
  }
}
