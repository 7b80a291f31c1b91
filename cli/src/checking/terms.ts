import { explainDeadlines, type LoadedContract, unnamedKeys } from '@restitute/dossier'
import type { DestinationTerms } from '@restitute/manifest'
import { declaredCosts } from '@restitute/rehearsal'
import { keyProblems } from '@restitute/seal'
import { costLine } from '../costs.ts'
import { refuseCountry } from '../countries.ts'
import type { Session } from '../session.ts'
import { ok, problem, problemOf, type Remark, warning } from './remark.ts'

/** What needs no network: the contract's own warnings, and whether today the keys fit the policy. */
export async function termsRemarks(
  session: Session,
  terms: LoadedContract,
  inForce: boolean,
): Promise<Remark[]> {
  const { contract, warnings, keys } = terms
  const remarks = [
    ...warnings.map((message) => warning('contract', message)),
    ...contract.destinations.flatMap(countryRemarks),
    ...deadlineRemarks(terms, inForce),
    ...namingRemarks(terms, inForce),
    ...costRemarks(contract, session.clock.now()),
  ]
  for (const key of keys.clients) {
    for (const message of await keyProblems(key, 'encrypt', session.clock.now()))
      remarks.push(problem(`key ${key.fingerprint}`, message, 'key-unfit'))
  }
  return [...remarks, ...(await signerRemarks(session, terms))]
}

/** Orders and certificates are signed months later: who could not would hold the case up until an amendment. */
async function signerRemarks({ clock }: Session, { keys }: LoadedContract): Promise<Remark[]> {
  const now = clock.now()
  const remarks: Remark[] = []
  for (const { person, key } of keys.persons.values()) {
    for (const message of await keyProblems(key, 'sign', now))
      remarks.push(
        problem(`key ${key.fingerprint}`, `${person.id} cannot sign with it: ${message}`, 'key-unfit'),
      )
  }
  const clients = await Promise.all(keys.clients.map((key) => keyProblems(key, 'sign', now)))
  if (clients.every((problems) => problems.length > 0))
    remarks.push(problem('client', `none of its keys can sign: ${clients.flat().join(' ')}`, 'key-unfit'))
  return remarks
}

/** Terms that collide must not be signed; a contract in force is carried out all the same (R40). */
function deadlineRemarks(terms: LoadedContract, inForce: boolean): Remark[] {
  const { collisions, notes, room } = explainDeadlines(terms)
  return [
    ...collisions.map(({ sentence }) =>
      inForce ? warning('deadlines', sentence) : problem('deadlines', sentence, 'contract-invalid'),
    ),
    ...notes.map((note) => warning('deadlines', note)),
    ...room.map((sentence) => ok('deadlines', sentence)),
  ]
}

/** Nobody can sign before the contract says whose keys it means; one in force from before is carried out all the same. */
function namingRemarks(terms: LoadedContract, inForce: boolean): Remark[] {
  return unnamedKeys(terms).map(({ pointer, line }) => {
    const message = `the key is named by its file only: once compared with its holder, write  ${line}`
    return inForce ? warning(pointer, message) : problem(pointer, message, 'contract-invalid')
  })
}

/** What a restitution would cost now by the declared volume and hours (R41). */
function costRemarks({ costs }: LoadedContract['contract'], at: Date): Remark[] {
  if (!costs) return []
  const declared = declaredCosts(costs, at)
  if (!declared) return [warning('costs', 'no estimate: gigabytes or hours are not declared')]
  return [ok('costs', `a restitution as declared: ${costLine(declared)}`)]
}

function countryRemarks(destination: DestinationTerms): Remark[] {
  try {
    refuseCountry(destination)
    return []
  } catch (thrown) {
    return [problemOf(destination.name, thrown)]
  }
}
