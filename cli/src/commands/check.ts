import { asRestituteError, formatBytes, type Json } from '@restitute/core'
import { type Dossier, readContract } from '@restitute/dossier'
import type { ExportSource } from '@restitute/run'
import { keyProblems } from '@restitute/seal'
import { openCase, sourcesOf } from '../case.ts'
import { type CommandDefinition, flag } from '../command.ts'
import type { Outcome, Session } from '../session.ts'

/** One thing that `check` found. `exit` is the status it calls for; warnings call for none. */
interface Remark {
  readonly about: string
  readonly message: string
  readonly exit: number
}

/** Contract, keys, reachability, undeclared siblings and free space: every problem at once. */
export async function check(session: Session, options: { readonly contractOnly: boolean }): Promise<Outcome> {
  if (options.contractOnly) {
    const { contract, warnings } = await readContract(session.dossierDir)
    return outcomeOf(
      contract.reference,
      warnings.map((message) => ({ about: 'contract', message, exit: 0 })),
    )
  }
  const dossier = await openCase(session)
  const remarks = [
    ...dossier.terms.warnings.map((message) => ({ about: 'contract', message, exit: 0 })),
    ...(dossier.pinned
      ? []
      : [{ about: 'contract', message: 'not pinned: nothing can be destroyed under it', exit: 0 }]),
    ...(await keyRemarks(session, dossier)),
    ...(await sourceRemarks(session, dossier)),
    ...(await destinationRemarks(session, dossier)),
  ]
  return outcomeOf(dossier.terms.contract.reference, remarks)
}

async function keyRemarks(session: Session, dossier: Dossier): Promise<Remark[]> {
  const remarks: Remark[] = []
  for (const key of dossier.terms.keys.clients) {
    for (const message of await keyProblems(key, 'encrypt', session.clock.now()))
      remarks.push({ about: `key ${key.fingerprint}`, message, exit: 2 })
  }
  return remarks
}

async function sourceRemarks(session: Session, dossier: Dossier): Promise<Remark[]> {
  const sources = (await sourcesOf(dossier)).filter(({ terms }) => terms.excluded === undefined)
  const declared = new Set((await sourcesOf(dossier)).map(({ terms }) => terms.url))
  const found = await Promise.all(sources.map((source) => remarksOn(session, source, declared)))
  return found.flat()
}

async function remarksOn(
  session: Session,
  { spec }: ExportSource,
  declared: ReadonlySet<string>,
): Promise<Remark[]> {
  try {
    const connector = await session.connectorOf(spec.url)
    await using exporter = await connector.freeze(spec, session.signal)
    session.note(`${spec.name}: reachable, fingerprint ${exporter.view.fingerprint}`)
    const remarks: Remark[] = []
    for await (const sibling of connector.siblings(spec, session.signal)) {
      if (!declared.has(sibling.url))
        remarks.push({
          about: spec.name,
          message: `undeclared beside it: ${sibling.url} (declare it, or exclude it with a reason)`,
          exit: 0,
        })
    }
    return remarks
  } catch (thrown) {
    const error = asRestituteError(thrown)
    return [{ about: spec.name, message: error.message, exit: error.exit }]
  }
}

async function destinationRemarks(session: Session, dossier: Dossier): Promise<Remark[]> {
  const remarks: Remark[] = []
  for (const { name, url } of dossier.terms.contract.destinations) {
    try {
      const free = await session.destinationOf(url).freeBytes()
      if (free !== undefined) session.note(`${name}: ${formatBytes(free)} free`)
    } catch (thrown) {
      const error = asRestituteError(thrown)
      remarks.push({ about: name, message: error.message, exit: error.exit })
    }
  }
  return remarks
}

function outcomeOf(reference: string, remarks: readonly Remark[]): Outcome {
  const exit =
    [2, 4].find((status) => remarks.some((remark) => remark.exit === status)) ??
    Math.max(0, ...remarks.map((r) => r.exit))
  return {
    exit,
    json: { contract: reference, remarks: remarks.map((remark): Json => ({ ...remark })) },
    lines: [
      ...remarks.map(
        (remark) => `${remark.exit === 0 ? 'warning' : 'PROBLEM'}  ${remark.about}: ${remark.message}`,
      ),
      exit === 0
        ? `${reference}: fit to export`
        : `${reference}: ${remarks.filter((r) => r.exit !== 0).length} problems`,
    ],
  }
}

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
