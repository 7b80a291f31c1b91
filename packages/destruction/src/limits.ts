import type { Floor, ReceiptFacts } from '@restitute/dossier'
import type { CertifiedCopy, Contract } from '@restitute/manifest'

/**
 * What a certificate does not say, one stable English sentence each (R37): whoever reads it must not take it for
 * more than it is.
 */
export function limitsOf(
  contract: Contract,
  copies: readonly CertifiedCopy[],
  floors: readonly Floor[],
  leftAlone: readonly string[],
): readonly string[] {
  return [
    ...methodLimits(copies),
    'Absence means that the account named in the probe did not find the copy at the time of the probe; nothing is said of what that account cannot see.',
    'Copies that neither the contract nor the order names are not covered.',
    'Items and bytes are those of the delivery as the client acknowledged it; they were not counted again.',
    ...endOfPeriods(copies),
    ...floors.filter(onHostsWord).map(({ name }) => `The period "${name}" was counted by the host's clock.`),
    ...copies.filter((copy) => copy.outcome === 'declared').map(declarationLimit),
    ...copies.filter((copy) => copy.outcome === 'client-custody').map(custodyLimit),
    ...excludedSources(contract),
    ...leftAlone.map((name) => `Copy "${name}" is not covered by the order.`),
  ]
}

/** A receipt that no signature bears out rests on the word of whoever took it in. */
export function receiptLimits({ form }: Pick<ReceiptFacts, 'form'>): readonly string[] {
  if (form !== 'handwritten') return []
  return [
    "The client's receipt is signed by hand: it is declared by the person of the host who recorded it, and not cryptographically verified.",
  ]
}

function methodLimits(copies: readonly CertifiedCopy[]): readonly string[] {
  const unsanitized = copies.some(({ method }) => method?.category === 'none')
  if (!unsanitized) return []
  return ['Where the category is "none", data was deleted and no sanitization of the medium is claimed.']
}

function onHostsWord(floor: Floor): boolean {
  return floor.clock === "host's clock" && !floor.waived
}

/** Where an authority was asked, each copy says when by its clock; else the host alone says that time had passed. */
function endOfPeriods(copies: readonly CertifiedCopy[]): readonly string[] {
  const unstamped = copies.some((copy) => copy.startedAt !== undefined && copy.stampedAt === undefined)
  return unstamped ? ["The end of the periods was read from the host's clock."] : []
}

function declarationLimit({ name, heldBy, declaration }: CertifiedCopy): string {
  const holder = declaration?.holder ?? heldBy ?? 'its holder'
  return `That copy "${name}" is gone rests on the declaration of ${holder}${wordOn(declaration)} and was not observed.`
}

function custodyLimit({ name, declaration }: CertifiedCopy): string {
  return `Copy "${name}" was not destroyed: ${declaration?.holder ?? 'the client'}, to whom it was handed over, keeps it by its own signed word.`
}

function wordOn(declaration: CertifiedCopy['declaration']): string {
  if (declaration === undefined) return ''
  const { word, wordOf } = declaration
  return word === 'holder' ? `, signed with the key ${wordOf}` : `, for which the host's ${wordOf} vouches`
}

function excludedSources(contract: Contract): readonly string[] {
  const sources = contract.instances.flatMap((instance) => instance.sources ?? [])
  return sources.flatMap(({ name, excluded }) =>
    excluded === undefined ? [] : [`Source "${name}" is excluded by the contract and was not touched.`],
  )
}
