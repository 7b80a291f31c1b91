/** How much a finding weighs: one `error` makes the whole invalid. */
export type Severity = 'error' | 'warning' | 'info'

/**
 * The one table of everything a verification can find, with its weight and a line for the documentation.
 * Codes are stable: auditors and scripts name them.
 */
export const findingTable = {
  'document-invalid': { severity: 'error', meaning: 'the document is not JSON or breaks its schema' },
  'not-canonical': { severity: 'error', meaning: 'the bytes are not the canonical form of what they say' },
  'hostile-content': { severity: 'error', meaning: 'something that no honest writer makes was refused' },

  'signature-missing': { severity: 'error', meaning: 'no good signature by anyone who may sign this' },
  'signature-bad': { severity: 'error', meaning: 'a signature does not fit the signed bytes' },
  'signature-file-altered': {
    severity: 'warning',
    meaning: 'a good signature in a file that no program writes so: what nobody signed in it was changed',
  },
  'signature-misnamed': { severity: 'warning', meaning: 'a signature file is named after another key' },
  'signature-extra': { severity: 'warning', meaning: 'a signature by an unknown key; it counts for nothing' },
  'signer-unknown': { severity: 'error', meaning: 'signed by a stranger, and by too few who may sign this' },
  'signer-outside-life': { severity: 'error', meaning: 'signed before or after the life of the key' },
  'signer-unfit': {
    severity: 'error',
    meaning: 'the X.509 certificate was revoked, is too weak, or is not one to sign documents with',
  },
  'key-expired-since': {
    severity: 'info',
    meaning: 'the key has expired since it made this valid signature',
  },
  'stamp-invalid': { severity: 'error', meaning: 'a time stamp is not one of the signature beside it' },
  'stamp-untrusted': {
    severity: 'warning',
    meaning: 'a time stamp by an authority for whom nobody vouches; it proves nothing',
  },
  'signing-time-false': {
    severity: 'warning',
    meaning: 'a signer claims a time at which the signature had already been stamped',
  },
  'weak-signature': { severity: 'error', meaning: 'the signature uses an algorithm that can be forged' },
  'quorum-missing': { severity: 'error', meaning: 'fewer distinct persons have signed than must' },
  'signed-by-hand': {
    severity: 'warning',
    meaning: 'declared, not cryptographically verified: a signature by hand, on the word of who took it in',
  },
  'origin-unknown': { severity: 'warning', meaning: 'nobody was named who may sign this' },
  'newer-version': {
    severity: 'warning',
    meaning:
      'a newer version of the program wrote this: this one cannot say what it means, and judges nothing',
  },

  'manifest-missing': { severity: 'error', meaning: 'the package has volumes but no manifest' },
  'manifest-inconsistent': { severity: 'error', meaning: 'the manifest contradicts itself' },
  'document-missing': {
    severity: 'error',
    meaning: 'a document that a certificate rests on, or an objection, is not in the bundle',
  },
  'document-unnamed': {
    severity: 'warning',
    meaning: 'a file of the bundle that no event of its ledger names: nothing in it is proved',
  },
  'file-missing': { severity: 'error', meaning: 'a file of the manifest is not there' },
  'file-unlisted': { severity: 'error', meaning: 'a file is there that the manifest does not name' },
  'file-size-differs': { severity: 'error', meaning: 'a file is shorter or longer than the manifest says' },
  'file-digest-differs': { severity: 'error', meaning: 'a file has other bytes than the manifest says' },
  'sums-differ': { severity: 'error', meaning: 'SHA256SUMS is not what the manifest says' },
  'totals-differ': { severity: 'error', meaning: 'counts or sums do not add up' },
  'base-missing': { severity: 'error', meaning: 'the package continues another one that is not there' },

  'volume-undecryptable': {
    severity: 'error',
    meaning: 'a volume cannot be opened as the manifest promises',
  },
  'index-undecryptable': { severity: 'error', meaning: 'an index cannot be opened as the manifest promises' },
  'index-differs': { severity: 'error', meaning: 'an index is not in order or not what the manifest says' },
  'salt-differs': { severity: 'error', meaning: 'a salt is not the one that the manifest commits to' },
  'entry-missing': { severity: 'error', meaning: 'the index lists an entry that no volume holds' },
  'entry-unlisted': { severity: 'error', meaning: 'a volume holds an entry that the index does not list' },
  'entry-differs': { severity: 'error', meaning: 'an entry is not what the index says' },
  'item-differs': { severity: 'error', meaning: 'an item does not follow from its entries' },
  'bag-invalid': {
    severity: 'error',
    meaning: 'the bag of a source breaks BagIt or disagrees with its entries',
  },
  'source-empty': { severity: 'error', meaning: 'a source without items that nobody declared empty' },
  'items-lost': { severity: 'warning', meaning: 'the package itself states that items are lost or excluded' },

  'ledger-line-invalid': { severity: 'error', meaning: 'a line of the ledger is not an event' },
  'ledger-sequence': { severity: 'error', meaning: 'the events are not numbered from 1 without gaps' },
  'ledger-chain-broken': { severity: 'error', meaning: 'an event does not follow from the line before it' },
  'ledger-time-backwards': { severity: 'error', meaning: 'an event is dated before the one before it' },
  'ledger-empty': { severity: 'error', meaning: 'the ledger holds no event' },
  'checkpoint-differs': { severity: 'error', meaning: 'the ledger is not the one that the document pins' },
  'event-unsupported': {
    severity: 'error',
    meaning: 'an event claims what no signed document at hand bears out',
  },
  'event-missing': { severity: 'error', meaning: 'an event that the document rests on is not in the ledger' },

  'order-differs': { severity: 'error', meaning: 'the order is not the one that the certificate names' },
  'order-expired': { severity: 'error', meaning: 'a destruction began after its order had expired' },
  'receipt-differs': { severity: 'error', meaning: 'the receipt is not the one that was relied on' },
  'consent-missing': {
    severity: 'error',
    meaning: 'the client has not accepted, or not agreed to destruction',
  },
  'delivery-differs': { severity: 'error', meaning: 'the document is bound to another delivery' },
  'contract-differs': {
    severity: 'error',
    meaning: 'the documents speak of different contracts or operations',
  },
  'persons-differ': { severity: 'error', meaning: 'the persons named are not those who acted' },
  'persons-not-distinct': { severity: 'error', meaning: 'one person holds two parts that must be apart' },
  'copies-differ': {
    severity: 'error',
    meaning:
      'the certificate does not name exactly the copies of the order, or not the systems of the signed scope',
  },
  'outcome-differs': { severity: 'error', meaning: 'what is said of a copy does not follow from the events' },
  'status-differs': { severity: 'error', meaning: 'called final while a copy is still open' },
  unrecorded: { severity: 'warning', meaning: 'the ledger does not record that the certificate was issued' },
} as const

/** A code of {@link findingTable}. */
export type FindingCode = keyof typeof findingTable

/** One thing that a verification found. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** The file, source, copy or event concerned; an entry's path only after decryption. */
  readonly subject: string
  readonly message: string
  readonly expected?: string
  readonly got?: string
}

/** A finding with the weight of its code. */
export function finding(
  code: FindingCode,
  subject: string,
  message: string,
  compared: { readonly expected?: string | number; readonly got?: string | number } = {},
): Finding {
  return {
    code,
    severity: findingTable[code].severity,
    subject,
    message,
    ...(compared.expected === undefined ? {} : { expected: String(compared.expected) }),
    ...(compared.got === undefined ? {} : { got: String(compared.got) }),
  }
}

/** Findings as they come up. Per code only the first {@link shown} are kept, and how many more there were. */
export class Findings {
  readonly #kept: Finding[] = []
  readonly #counts = new Map<FindingCode, number>()

  add(...found: readonly Finding[]): void {
    for (const one of found) {
      const count = (this.#counts.get(one.code) ?? 0) + 1
      this.#counts.set(one.code, count)
      if (count <= shown) this.#kept.push(one)
    }
  }

  /** Takes over what was found elsewhere, as if it came next. */
  join(other: Findings): void {
    for (const one of other.#kept) if (this.#shownOf(one.code) < shown) this.#kept.push(one)
    for (const [code, count] of other.#counts) this.#counts.set(code, (this.#counts.get(code) ?? 0) + count)
  }

  /** Nothing was found. */
  get none(): boolean {
    return this.#counts.size === 0
  }

  #shownOf(code: FindingCode): number {
    return this.#kept.filter((one) => one.code === code).length
  }

  /** In the order in which they came, the counts of what is not shown last. */
  list(): Finding[] {
    const more = [...this.#counts].filter(([, count]) => count > shown)
    return [
      ...this.#kept,
      ...more.map(([code, count]) =>
        finding(code, 'more', `${count - shown} more of this kind are not shown`),
      ),
    ]
  }
}

const shown = 50
