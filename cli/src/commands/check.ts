import {
  asRestituteError,
  type Connector,
  counted,
  type ErrorCode,
  errorTable,
  formatBytes,
  freezeAlone,
  type Json,
  type SourceSpec,
} from '@restitute/core'
import {
  type Dossier,
  destinationSpec,
  explainDeadlines,
  type LoadedContract,
  nestedSentence,
  nestedSources,
  readContract,
  stampUnder,
  unnamedKeys,
} from '@restitute/dossier'
import type { DestinationTerms } from '@restitute/manifest'
import { declaredCosts } from '@restitute/rehearsal'
import type { ExportSource } from '@restitute/run'
import { keyProblems } from '@restitute/seal'
import { openCase, sourcesOf } from '../case.ts'
import { type CommandDefinition, flag } from '../command.ts'
import { costLine } from '../costs.ts'
import { refuseCountry } from '../countries.ts'
import { isInForce } from '../deadline-remarks.ts'
import type { Outcome, Session } from '../session.ts'

/** One thing that `check` found. `exit` is the status it calls for; warnings and what is well call for none. */
interface Remark {
  readonly about: string
  readonly message: string
  readonly exit: number
  readonly severity: 'ok' | 'warning' | 'problem'
  /** Of the error that a command would end with. */
  readonly code?: ErrorCode
}

/** Contract, keys, reachability, undeclared siblings and free space: every problem at once. */
export async function check(session: Session, options: { readonly contractOnly: boolean }): Promise<Outcome> {
  if (options.contractOnly) {
    const terms = await readContract(session.dossierDir)
    const inForce = await isInForce(session.dossierDir, terms)
    return outcomeOf(terms, await termsRemarks(session, terms, inForce), 'valid')
  }
  const dossier = await openCase(session)
  const sources = await sourcesOf(dossier)
  const remarks = [
    ...(await termsRemarks(session, dossier.terms, dossier.pinned)),
    ...(dossier.pinned ? [] : [warning('contract', 'not pinned: nothing can be destroyed under it')]),
    ...(await nestedRemarks(session, dossier)),
    ...(await sourceRemarks(session, sources)),
    ...(await destinationRemarks(session, dossier.terms)),
    ...(await authorityRemarks(session, dossier.terms)),
  ]
  return outcomeOf(dossier.terms, remarks, 'fit to export')
}

/** One stamp: whether the authority answers, with stamps that its certificate verifies. */
async function authorityRemarks(session: Session, terms: LoadedContract): Promise<Remark[]> {
  const stamp = stampUnder(terms, session.signal)
  if (stamp === undefined) return []
  try {
    // Of a byte, since a stamp of nothing cannot be verified: its verifier takes empty data for data that is missing.
    await stamp(new Uint8Array(1))
    return [ok('timestamp', 'the authority answers')]
  } catch (thrown) {
    return [problemOf('timestamp', thrown)]
  }
}

const ok = (about: string, message: string): Remark => ({ about, message, exit: 0, severity: 'ok' })
const warning = (about: string, message: string): Remark => ({ about, message, exit: 0, severity: 'warning' })
const problem = (about: string, message: string, code: ErrorCode): Remark => ({
  about,
  message,
  exit: errorTable[code].exit,
  severity: 'problem',
  code,
})

function problemOf(about: string, thrown: unknown): Remark {
  const { message, code } = asRestituteError(thrown)
  return problem(about, message, code)
}

/** What needs no network: the contract's own warnings, and whether today the keys fit the policy. */
async function termsRemarks(session: Session, terms: LoadedContract, inForce: boolean): Promise<Remark[]> {
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

/** What is signed already is carried out all the same, but for what it excludes. */
async function nestedRemarks(session: Session, { terms, pinned }: Dossier): Promise<Remark[]> {
  const nested = await nestedSources(terms.contract, session.connectorOf)
  return nested
    .filter(({ outer }) => outer.excluded === undefined)
    .map((one) =>
      pinned && one.inner.excluded === undefined
        ? warning(one.outer.name, nestedSentence(one))
        : problem(one.outer.name, nestedSentence(one), 'contract-invalid'),
    )
}

async function sourceRemarks(session: Session, all: readonly ExportSource[]): Promise<Remark[]> {
  const declared = new Set(all.map(({ terms }) => terms.url))
  const read = all.filter(({ terms }) => terms.excluded === undefined)
  const found = await Promise.all(read.map((source) => remarksOn(session, source, declared)))
  return found.flat()
}

async function remarksOn(
  session: Session,
  { spec }: ExportSource,
  declared: ReadonlySet<string>,
): Promise<Remark[]> {
  try {
    const connector = await session.connectorOf(spec.url)
    const remarks = await reached(session, connector, spec)
    for await (const { url } of connector.siblings(spec, session.signal)) {
      if (!declared.has(url))
        remarks.push(
          warning(spec.name, `undeclared beside it: ${url} (declare it, or exclude it with a reason)`),
        )
    }
    return remarks
  } catch (thrown) {
    return [problemOf(spec.name, thrown)]
  }
}

/** Hooks hold a system up: to look at it is not worth that. */
async function reached(session: Session, connector: Connector, spec: SourceSpec): Promise<Remark[]> {
  if (spec.hooks) return [ok(spec.name, 'not opened: its hooks are run by inventory and export alone')]
  await using exporter = await freezeAlone(connector, spec, session.signal)
  const remarks = [ok(spec.name, `reachable, fingerprint ${exporter.view.fingerprint}`)]
  for await (const loss of exporter.foreseen?.(session.signal) ?? [])
    remarks.push(problem(spec.name, loss, 'incomplete'))
  return remarks
}

async function destinationRemarks(session: Session, { contract }: LoadedContract): Promise<Remark[]> {
  const remarks: Remark[] = []
  for (const terms of contract.destinations) {
    const { name } = terms
    try {
      const destination = await session.destinationOf(await destinationSpec(terms))
      const free = await destination.freeBytes()
      remarks.push(ok(name, free === undefined ? 'reachable' : `${formatBytes(free)} free`))
    } catch (thrown) {
      remarks.push(problemOf(name, thrown))
    }
  }
  return remarks
}

/** A contract that must be changed comes before a system that must be reached. */
function exitOf(remarks: readonly Remark[]): number {
  const exits = remarks.map(({ exit }) => exit)
  return [2, 4].find((status) => exits.includes(status)) ?? Math.max(0, ...exits)
}

function outcomeOf({ contract }: LoadedContract, remarks: readonly Remark[], well: string): Outcome {
  const problems = remarks.filter(({ severity }) => severity === 'problem').length
  return {
    exit: exitOf(remarks),
    json: { contract: contract.reference, remarks: remarks.map((remark): Json => ({ ...remark })) },
    lines: [
      ...remarks.map(({ severity, about, message }) => `${labels[severity]}  ${about}: ${message}`),
      `${contract.reference}: ${problems === 0 ? well : counted(problems, 'problem')}`,
    ],
  }
}

const labels = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const

/** `restitute check`. */
export const checkCommand: CommandDefinition = {
  name: 'check',
  args: '',
  summary: 'contract, keys, reachability, undeclared siblings, free space: every problem at once',
  options: [
    { flags: '--contract', description: 'only the contract and its keys, without touching any system' },
  ],
  examples: ['restitute check --dossier chu --contract', 'restitute check --dossier chu --json'],
  run: (session, _args, options) => check(session, { contractOnly: flag(options, 'contract') }),
}
