import { type ErrorCode, type RestituteError, systemCode } from '@restitute/core'

/** What the reader can do about an error, where the error itself does not say. */
export function hintOf(error: RestituteError): string | undefined {
  return error.hint ?? (isOfUnknownAuthority(error) ? unknownAuthority : hints[error.code])
}

const unknownAuthority =
  'its certificate is by an authority that this program does not know: name the file (PEM) with that of the authority in the environment, NODE_EXTRA_CA_CERTS=/path/to/ca.pem'

const authorityCodes: ReadonlySet<string | undefined> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Whether it comes down to that, over however many causes. */
function isOfUnknownAuthority(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++)
    if (authorityCodes.has(systemCode(at))) return true
  return false
}

const again = 'run it again: what is finished is kept'

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  internal: 'this is a fault of the program: --verbose shows where',
  'target-not-empty': 'name a place that does not exist yet',
  'key-missing': 'restitute keygen writes <name>.key, the private key, and <name>.asc, the public one',
  'key-wrong':
    "a package opens with its recipients' private keys only; its manifest.json lists their fingerprints",
  'passphrase-wrong': 'the passphrase is the first line of the file named by --passphrase-file',
  'access-refused': 'compare the account, its secret and its rights with what the guide asks for',
  'source-unreachable': 'restitute check tries every system of the contract; look at the path and the rights',
  'destination-unreachable':
    'restitute check tries every destination of the contract; look at the path and the rights',
  'destination-full': 'make room, then run it again: what is finished is kept',
  'destination-failed': again,
  'package-unfinished': 'the export or the delivery that makes it has not ended: run it again',
  'worker-gone': again,
  interrupted: again,
}
