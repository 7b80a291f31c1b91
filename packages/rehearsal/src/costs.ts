import { type ChargeKind, type CostRecord, type CostTerms, chargeLaws } from '@restitute/manifest'

/** What a restitution is charged by. */
export interface Quantities {
  /** Of 10⁹ bytes, delivered. */
  readonly gigabytes: number
  /** From the request until everything is delivered. */
  readonly hours: number
}

/** What it costs by the contract's rates; nothing where a law that the contract names forbids charging on that day (R41). */
export function costsOf(terms: CostTerms, quantities: Quantities, at: Date): CostRecord {
  const lines = terms.rates.map(({ for: kind, cents: rateCents }) => {
    const quantity = quantityOf(kind, quantities)
    const free = lawAgainst(terms, kind, at)
    const cents = free === undefined ? Math.round(quantity * rateCents) : 0
    return { for: kind, rateCents, quantity, cents, ...(free !== undefined && { free }) }
  })
  return { lines, cents: lines.reduce((sum, { cents }) => sum + cents, 0) }
}

/** By the volume and hours declared at signature; undefined where a rate has nothing declared to be applied to. */
export function declaredCosts(terms: CostTerms, at: Date): CostRecord | undefined {
  const { gigabytes, hours } = terms
  const wanted = new Set(terms.rates.map((rate) => rate.for))
  if ((wanted.has('transfer') && gigabytes === undefined) || (wanted.has('work') && hours === undefined))
    return undefined
  return costsOf(terms, { gigabytes: gigabytes ?? 0, hours: hours ?? 0 }, at)
}

function quantityOf(kind: ChargeKind, { gigabytes, hours }: Quantities): number {
  if (kind === 'transfer') return gigabytes
  return kind === 'work' ? hours : 1
}

function lawAgainst({ laws = [] }: CostTerms, kind: ChargeKind, at: Date): string | undefined {
  return laws.find((name) => {
    const law = chargeLaws.get(name)
    return law?.covers.includes(kind) && Date.parse(law.from) <= at.getTime()
  })
}
