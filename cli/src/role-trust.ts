import { authorisersNeeded, type LoadedContract, receiptForms } from '@restitute/dossier'
import type { DocumentKind, Role } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { Trust } from '@restitute/verify'

/** Who may sign what, under one contract. */
export interface RoleTrust {
  readonly package: Trust
  readonly document: Readonly<Record<Exclude<DocumentKind, 'manifest' | 'scope'>, Trust>>
  /** Distinct authorisers who must have signed an order. */
  readonly authorisers: number
  /** A scope takes one signature of each side. */
  readonly scope: { readonly host: Trust; readonly client: Trust }
  /** Whose signature on a certificate, beside the verifier's, says that they concur. */
  readonly concurring: Trust
}

/** The same keys for everything: named by hand, and nobody knows what they are for. */
export function sameForAll(trust: Trust): RoleTrust {
  return {
    package: trust,
    document: {
      receipt: trust,
      order: trust,
      certificate: trust,
      request: trust,
      statement: trust,
      declaration: trust,
      custody: trust,
      incident: trust,
      mandate: trust,
      rehearsal: trust,
    },
    authorisers: 2,
    scope: { host: trust, client: trust },
    concurring: trust,
  }
}

/** What is judged under every contract of a case alike. */
export interface CaseTrust {
  /** Keys that export or deliver under a mandate. */
  readonly mandated: readonly PublicKey[]
  readonly authorities: readonly Uint8Array[]
  /** References of all its contracts. */
  readonly contracts: readonly string[]
}

/** Who may sign what by the roles of a contract. */
export function byRole(contract: LoadedContract, { mandated, authorities, contracts }: CaseTrust): RoleTrust {
  const { host, clients } = contract.keys
  const persons = [...contract.keys.persons.values()].filter(({ person }) => person.party === 'host')
  const hostPersons = persons.map(({ key }) => key)
  const withRole = (role: Role) =>
    persons.filter(({ person }) => person.roles.includes(role)).map(({ key }) => key)
  const trust = (signers: readonly PublicKey[]): Trust => ({ signers, authorities, contracts })
  return {
    package: trust([host, ...withRole('operator'), ...mandated]),
    document: {
      receipt: receiptTrust(contract, trust(clients)),
      order: trust(withRole('authoriser')),
      certificate: trust(withRole('verifier')),
      request: trust(clients),
      statement: trust([host, ...hostPersons, ...clients]),
      declaration: trust([host, ...hostPersons]),
      custody: trust(clients),
      incident: trust([host, ...hostPersons]),
      mandate: trust([host, ...hostPersons]),
      rehearsal: trust([host, ...withRole('operator'), ...mandated]),
    },
    authorisers: authorisersNeeded(contract.contract),
    scope: { host: trust([host, ...hostPersons]), client: trust(clients) },
    concurring: trust([host, ...hostPersons, ...clients]),
  }
}

/** Who may sign a receipt: the client, in the forms that the contract accepts. */
function receiptTrust({ contract, receiptSigners }: LoadedContract, { signers, ...all }: Trust): Trust {
  const forms = receiptForms(contract)
  return {
    ...all,
    signers: forms.includes('openpgp') ? signers : [],
    ...(forms.includes('x509') ? { x509: receiptSigners } : {}),
  }
}
