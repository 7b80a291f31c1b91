import type { DestinationSpec, SourceSpec } from '@restitute/core'
import type { DestinationTerms, SourceTerms, WayIn } from '@restitute/manifest'
import { resolveSecret } from './secrets.ts'

/** A source as its connector takes it, its secret resolved. Throws `secret-missing`, `secret-in-clear`. */
export async function sourceSpec(terms: SourceTerms): Promise<SourceSpec> {
  return {
    name: terms.name,
    url: terms.url,
    ...(terms.secret === undefined ? {} : { secret: await resolveSecret(terms.secret) }),
    ...(terms.quiesced === undefined ? {} : { quiesced: terms.quiesced }),
    ...(terms.hooks === undefined ? {} : { hooks: terms.hooks }),
  }
}

/** A destination as it is opened, its secret resolved. Throws `secret-missing`, `secret-in-clear`. */
export async function destinationSpec({
  url,
  secret,
}: Pick<DestinationTerms, 'url' | 'secret'>): Promise<DestinationSpec> {
  return { url, ...(secret === undefined ? {} : { secret: await resolveSecret(secret) }) }
}

/**
 * The same source as its prober reaches it: by `probe.url` and `probe.secret` where the contract gives them
 * (R36), and by no other secret than the prober's own once it has one.
 */
export async function probeSpec(terms: SourceTerms): Promise<SourceSpec> {
  return sourceSpec(reachedBy(terms, terms.probe))
}

/** The same source as its destroyer reaches it, by `destroy.url` and `destroy.secret` where the contract gives them (R53). */
export async function destroySpec(terms: SourceTerms): Promise<SourceSpec> {
  return sourceSpec(reachedBy(terms, terms.destroy))
}

function reachedBy(terms: SourceTerms, way: WayIn | undefined): SourceTerms {
  return { ...terms, ...way }
}
