import type { DocumentKind } from '../src/index.ts'

/** What the types mark with `?`, as patterns of JSON pointers; members of free maps count as optional too. */
export const optionalMembers: Record<DocumentKind | 'contract', RegExp[]> = {
  manifest: [
    /^\/demonstration$/,
    /^\/base$/,
    /^\/ledger$/,
    /\/declaredEmpty$/,
    /^\/measurements\/\d+\/source$/,
    /^\/(tools|sources\/\d+\/reasons)\/./,
  ],
  receipt: [/^\/demonstration$/, /^\/signer\/function$/, /\/salts\/./],
  order: [/^\/demonstration$/, /^\/copies\/\d+\/(fingerprint|heldBy|deferredUntil)$/],
  certificate: [
    /^\/(demonstration|receiptForm)$/,
    /^\/(host|client)\/siren$/,
    /^\/copies\/\d+\/(fingerprint|method|items|bytes|startedAt|stampedAt|finishedAt|steps|probe|declaration|heldBy|deferredUntil)$/,
    /\/declaration\/(holder|method|endedAt)$/,
  ],
  scope: [/^\/demonstration$/, /^\/sources\/\d+\/excluded$/, /^\/copies\/\d+\/(heldBy|rotation)$/],
  statement: [
    /^\/(demonstration|of|waives|about|scopeSha256|signer)$/,
    /^\/about\/\d+\/items$/,
    /^\/signer\/function$/,
  ],
  request: [/^\/(demonstration|sources|endsAt)$/, /^\/signer\/function$/],
  declaration: [/^\/demonstration$/, /^\/signer\/function$/],
  custody: [/^\/demonstration$/, /^\/signer\/function$/],
  mandate: [/^\/demonstration$/],
  incident: [/^\/(demonstration|notifiedAt)$/],
  rehearsal: [
    /^\/(demonstration|manifestSha256|forecast|ledger)$/,
    /^\/sources\/\d+\/(restored|notRestored|cost)$/,
    /^\/measurements\/\d+\/source$/,
    /^\/forecast\/(growth|bottleneck\/source)$/,
  ],
  contract: [
    /^\/(demonstration|actors|guarantees|approval|timestamp|receipts|logs|rehearsal|costs|indicators)$/,
    /^\/rehearsal\/(cron|sample|link|targets)$/,
    /^\/rehearsal\/targets\/\d+\/secret$/,
    /^\/parties\/(host|client)\/(siren|fingerprints?)$/,
    /^\/parties\/host\/certificate$/,
    /^\/parties\/client\/contacts$/,
    /^\/parties\/client\/contacts\/\d+\/(email|phone|referent)$/,
    /^\/persons\/\d+\/(function|fingerprint)$/,
    /^\/instances\/\d+\/(description|actors|sources|copies)$/,
    /^\/instances\/\d+\/sources\/\d+\/(secret|quiesced|empty|excluded|workers|rate|window|probe)$/,
    /\/probe\/(url|secret)$/,
    /^\/instances\/\d+\/copies\/\d+\/(rotation|held-by)$/,
    /^\/deadlines\/(rules|acknowledgement|restitution|notice|retrieval|destruction|switching)$/,
    /^\/destinations\/\d+\/(secret|outside-eea)$/,
    /^\/approval\/(authorisers|export)$/,
    /^\/timestamp\/(crl|fingerprint)$/,
    /^\/actors\/\d+\/level$/,
    /^\/guarantees\/comment$/,
    /^\/receipts\/(x509|handwritten-consent)$/,
    /^\/receipts\/x509\/\d+\/(subject|crl)$/,
    /\/subject\/./,
    /^\/costs\/(gigabytes|hours|laws)$/,
    /^\/indicators\/\d+\/penalty$/,
    /^\/indicators\/\d+\/penalty\/per$/,
  ],
}

/** JSON pointers of every member of every object inside a value, list elements left out. */
export function members(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const pointer = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return Array.isArray(value) ? members(inner, pointer) : [pointer, ...members(inner, pointer)]
  })
}

/** A copy with one member set, or removed by `undefined`; `undefined` when the pointer leads into no object. */
export function change(value: unknown, pointer: string, to: unknown): unknown {
  const copy = structuredClone(value)
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let parent: unknown = copy
  for (const key of keys) parent = (parent as Record<string, unknown>)[key]
  if (typeof parent !== 'object' || parent === null || (Array.isArray(parent) && !(last in parent)))
    return undefined
  if (to === undefined) delete (parent as Record<string, unknown>)[last]
  else (parent as Record<string, unknown>)[last] = to
  return copy
}
