import { isAbsolute } from 'node:path'
import {
  asRestituteError,
  type Json,
  parseDuration,
  parseRate,
  parseWindow,
  type SourceHooks,
} from '@restitute/core'
import { type Contract, chargeLaws, deadlineRules, securityObjectives } from '@restitute/manifest'
import type { ContractProblem } from './problems.ts'
import { isToFillIn } from './template-words.ts'

/** What the parts of a contract say of each other, and what no schema can judge. */
export function crossProblems(contract: Contract): ContractProblem[] {
  return [
    ...namesTwice(contract),
    ...unknownActors(contract),
    ...unknownRules(contract),
    ...unknownLaws(contract),
    ...unfitTargets(contract),
    ...unreadable(contract),
    ...hookProblems(contract),
    ...slashed(contract),
    ...fingerprintsMissing(contract),
    ...receiptProblems(contract),
    ...guaranteeProblems(contract),
  ]
}

/** The register of copies names a package `<destination>/<package>`: no other copy may look like one. */
function slashed(contract: Contract): ContractProblem[] {
  return inInstances(contract, 'copies')
    .filter(({ name }) => name.includes('/'))
    .map(({ pointer }) => ({
      pointer,
      message: 'a name without / is expected: <destination>/<package> is a package',
    }))
}

/** Fingerprints stand in the order of the keys: one too few would shift the others to keys of other people. */
function fingerprintsMissing({ parties: { client } }: Contract): ContractProblem[] {
  const { keys, fingerprints = [] } = client
  if (client.fingerprints === undefined || fingerprints.length === keys.length) return []
  const message = `expected one for each of the ${keys.length} keys, in their order, got ${fingerprints.length}`
  return [{ pointer: '/parties/client/fingerprints', message }]
}

/** Forms of receipt and what they need go together; a hand alone would leave the client no proof of its own. */
function receiptProblems({ receipts }: Contract): ContractProblem[] {
  if (receipts === undefined) return []
  const { accepted, x509 } = receipts
  const problems: readonly (readonly [boolean, string, string])[] = [
    [accepted.includes('x509') === (x509 !== undefined), 'x509', 'expected exactly when accepted has x509'],
    [
      receipts['handwritten-consent'] === undefined || accepted.includes('handwritten'),
      'handwritten-consent',
      'expected only where accepted has handwritten',
    ],
    [
      accepted.some((form) => form !== 'handwritten'),
      'accepted',
      'expected openpgp or x509 too: what is signed by hand can be verified by nobody',
    ],
  ]
  return problems
    .filter(([holds]) => !holds)
    .map(([, member, message]) => ({ pointer: `/receipts/${member}`, message }))
}

/** The table of conformity speaks of every instance once and of known actors, and its administrator is certified (7.1). */
function guaranteeProblems({ guarantees, actors = [], instances }: Contract): ContractProblem[] {
  if (guarantees === undefined) return []
  const at = (place: string, message: string): ContractProblem => ({
    pointer: `/guarantees/${place}`,
    message,
  })
  const administrator = actors.find(({ code }) => code === guarantees.administrator)
  const isCertified = administrator?.level === 'hds' || administrator?.level === 'hds-secnumcloud'
  const named = guarantees.objectives.map(({ instance }) => instance)
  const strange = named.filter(
    (code, i) => named.indexOf(code) !== i || !instances.some((one) => one.code === code),
  )
  const missing = instances.filter(({ code }) => !named.includes(code))
  return [
    ...(isCertified ? [] : [at('administrator', 'expected an actor whose level is hds or hds-secnumcloud')]),
    ...strange.map((code) => at('objectives', `the instance ${code} is unknown or there twice`)),
    ...missing.map(({ code }) => at('objectives', `the instance ${code} is missing`)),
    ...guarantees.objectives.flatMap((of, i) =>
      securityObjectives.flatMap((objective) =>
        of[objective]
          .filter((code) => !actors.some((actor) => actor.code === code))
          .map((code) => at(`objectives/${i}/${objective}`, `no actor has the code ${code}`)),
      ),
    ),
  ]
}

interface Name {
  readonly pointer: string
  readonly name: string
}

// The register of copies uses these for what an export itself makes.
const reserved: ReadonlySet<string> = new Set(['source or copy work', 'instance staging'])

function namesTwice(contract: Contract): ContractProblem[] {
  const sources = inInstances(contract, 'sources')
  const copies = inInstances(contract, 'copies')
  return [
    ...unique('source or copy', [...sources, ...copies]),
    ...unique(
      'person',
      contract.persons.map(({ id }, i) => ({ pointer: `/persons/${i}/id`, name: id })),
    ),
    ...unique(
      'instance',
      contract.instances.map(({ code }, i) => ({ pointer: `/instances/${i}/code`, name: code })),
    ),
    ...unique(
      'actor',
      (contract.actors ?? []).map(({ code }, i) => ({ pointer: `/actors/${i}/code`, name: code })),
    ),
    ...unique(
      'destination',
      contract.destinations.map(({ name }, i) => ({ pointer: `/destinations/${i}/name`, name })),
    ),
  ]
}

function inInstances(contract: Contract, part: 'sources' | 'copies'): Name[] {
  return contract.instances.flatMap((instance, i) =>
    (instance[part] ?? []).map(({ name }, j) => ({ pointer: `/instances/${i}/${part}/${j}/name`, name })),
  )
}

function unique(what: string, names: readonly Name[]): ContractProblem[] {
  const seen = new Set<string>()
  return names.flatMap(({ pointer, name }) => {
    // Names become folders and file names: systems that fold case must keep them apart too.
    const folded = name.toLowerCase()
    if (reserved.has(`${what} ${folded}`)) return [{ pointer, message: `the name ${name} is reserved` }]
    if (seen.has(folded)) return [{ pointer, message: `the ${what} ${name} is there twice` }]
    seen.add(folded)
    return []
  })
}

function unknownActors(contract: Contract): ContractProblem[] {
  const known = new Set((contract.actors ?? []).map(({ code }) => code))
  return contract.instances.flatMap((instance, i) =>
    (instance.actors ?? [])
      .map((code, j) => ({ code, pointer: `/instances/${i}/actors/${j}` }))
      .filter(({ code }) => !known.has(code))
      .map(({ code, pointer }) => ({ pointer, message: `no actor has the code ${code}` })),
  )
}

function unknownRules(contract: Contract): ContractProblem[] {
  return (contract.deadlines.rules ?? [])
    .map((rule, i) => ({ rule, pointer: `/deadlines/rules/${i}` }))
    .filter(({ rule }) => !deadlineRules.has(rule))
    .map(({ rule, pointer }) => ({
      pointer,
      message: `unknown rule ${rule}, expected one of ${[...deadlineRules.keys()].join(', ')}`,
    }))
}

function unknownLaws({ costs }: Contract): ContractProblem[] {
  return (costs?.laws ?? [])
    .map((law, i) => ({ law, pointer: `/costs/laws/${i}` }))
    .filter(({ law }) => !chargeLaws.has(law))
    .map(({ law, pointer }) => ({
      pointer,
      message: `unknown law ${law}, expected one of ${[...chargeLaws.keys()].join(', ')}`,
    }))
}

/** A throughput is a rate, by the breach; everything else a duration. */
function unfitTargets({ indicators = [] }: Contract): ContractProblem[] {
  return indicators.flatMap(({ measure, target, penalty }, i) => {
    const isRate = measure === 'throughput'
    const unfit = isRate && penalty?.per === 'day' ? 'expected per: breach for a throughput' : undefined
    return [
      ...parsed(`/indicators/${i}/target`, target, isRate ? readRate : parseDuration),
      ...(unfit === undefined ? [] : [{ pointer: `/indicators/${i}/penalty/per`, message: unfit }]),
    ]
  })
}

function unreadable(contract: Contract): ContractProblem[] {
  const { rules: _, ...durations } = contract.deadlines
  return [
    ...parsed('/rehearsal/jitter', contract.rehearsal?.jitter, parseDuration),
    ...Object.entries(durations).flatMap(([name, text]) => parsed(`/deadlines/${name}`, text, parseDuration)),
    ...contract.instances.flatMap((instance, i) => [
      ...(instance.copies ?? []).flatMap((copy, j) =>
        parsed(`/instances/${i}/copies/${j}/rotation`, copy.rotation, parseDuration),
      ),
      ...(instance.sources ?? []).flatMap((source, j) => [
        ...parsed(`/instances/${i}/sources/${j}/rate`, source.rate, readRate),
        ...parsed(`/instances/${i}/sources/${j}/window`, source.window, parseWindow),
      ]),
    ]),
  ]
}

function hookProblems(contract: Contract): ContractProblem[] {
  return contract.instances.flatMap(({ sources = [] }, i) =>
    sources.flatMap(({ window, hooks = {} }, j) => {
      const pointer = `/instances/${i}/sources/${j}/hooks`
      return [...frozenForNights(pointer, hooks, window), ...relativePrograms(pointer, hooks)]
    }),
  )
}

function relativePrograms(pointer: string, hooks: SourceHooks): ContractProblem[] {
  const { timeout: _, ...commands } = hooks
  return Object.entries(commands)
    .filter(([, command]) => !isAbsolute(command[0] ?? ''))
    .map(([name]) => ({ pointer: `${pointer}/${name}`, message: 'expected a program by its absolute path' }))
}

/** Outside its window a source would wait frozen. */
function frozenForNights(pointer: string, hooks: SourceHooks, window: string | undefined): ContractProblem[] {
  if (window === undefined || !hooks.freeze || hooks.snapshot) return []
  const message =
    'hooks that freeze without a snapshot hold the source up until it is read: not with a window'
  return [{ pointer, message }]
}

function parsed(
  pointer: string,
  text: string | undefined,
  parse: (text: string) => unknown,
): ContractProblem[] {
  if (text === undefined) return []
  try {
    parse(text)
    return []
  } catch (thrown) {
    return [{ pointer, message: asRestituteError(thrown).message }]
  }
}

function readRate(text: string): void {
  if (parseRate(text) <= 0) throw new RangeError('rate: expected more than zero')
}

/** What `restitute init` or a form left to fill in and nobody did. */
export function unfilled(value: Json, pointer = ''): ContractProblem[] {
  if (typeof value === 'string')
    return isToFillIn(value) ? [{ pointer, message: 'still to be filled in' }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => unfilled(inner as Json, `${pointer}/${key}`))
}
