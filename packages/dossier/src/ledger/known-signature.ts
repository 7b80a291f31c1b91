import { isoTime, RestituteError } from '@restitute/core'
import {
  type PrivateKey,
  type PublicKey,
  type SignatureVerdict,
  signDetached,
  verifyDetached,
} from '@restitute/seal'

/**
 * Signs bytes for the ledger. A private key that was given a longer life or another subkey than its public file in the contract
 * has would write what nobody can read again: throws `key-unfit` instead.
 */
export async function signedAsKnown(
  data: Uint8Array,
  key: PrivateKey,
  at: Date,
  known: PublicKey | undefined,
): Promise<Uint8Array> {
  const { binary } = await signDetached(data, key, at)
  const [verdict] = await verifyDetached(data, binary, known === undefined ? [] : [known], at)
  if (verdict?.state === 'good') return binary
  throw unknownForm(key, at, verdict?.state ?? 'bad')
}

function unknownForm(
  { fingerprint }: PrivateKey,
  at: Date,
  state: SignatureVerdict['state'],
): RestituteError {
  return new RestituteError(
    'key-unfit',
    `ledger: key ${fingerprint} cannot sign at ${isoTime(at)} as the contract has it: ${wording[state]}`,
    {
      hint: 'where it was given a longer life or a new subkey since: lay its new public key in the place of the old file in keys/, then restitute record contract contract.yaml',
      details: { fingerprint, state },
    },
  )
}

const wording: Readonly<Record<SignatureVerdict['state'], string>> = {
  good: 'its signature is good',
  bad: 'its signature does not fit',
  'unknown-key': 'it has no such subkey there',
  'outside-key-life': 'there it has expired, is revoked, or is not valid yet',
  weak: 'its signature could be forged',
}
