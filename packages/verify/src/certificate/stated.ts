import type { Certificate, CertifiedCopy, OrderedCopy, PinnedTerms, Receipt } from '@restitute/manifest'

/** The parties as a certificate under these terms names them. */
export function partiesOf({
  contract: { parties },
  host,
  clients,
}: PinnedTerms): Pick<Certificate, 'host' | 'client'> {
  return {
    host: { ...named(parties.host), fingerprint: host },
    client: { ...named(parties.client), fingerprints: clients },
  }
}

function named(party: { readonly name: string; readonly siren?: string }): { name: string; siren?: string } {
  return party.siren === undefined ? { name: party.name } : { name: party.name, siren: party.siren }
}

/** Where a copy lies by the contract; `ZZ`: nobody declared where the work folder is. */
export function countryOf(
  { name: copy, kind, instance }: Pick<OrderedCopy, 'name' | 'kind' | 'instance'>,
  { destinations, instances }: PinnedTerms['contract'],
): string {
  const [destination] = copy.split('/')
  const place =
    kind === 'package'
      ? destinations.find(({ name }) => name === destination)
      : instances.find(({ code }) => code === instance)
  return place?.country ?? 'ZZ'
}

/** Items and bytes of a source before, as the client counted them over the whole delivery. */
export function deliveredOf(
  { name, kind }: Pick<OrderedCopy, 'name' | 'kind'>,
  { sources }: Receipt,
): Pick<CertifiedCopy, 'items' | 'bytes'> {
  const counted = kind === 'source' ? sources.find(({ source }) => source === name) : undefined
  return counted ? { items: counted.items, bytes: counted.bytes } : {}
}
