import { type Connector, formatBytes, freezeAlone, type SourceSpec } from '@restitute/core'
import {
  type Dossier,
  destinationSpec,
  type LoadedContract,
  nestedSentence,
  nestedSources,
  stampUnder,
} from '@restitute/dossier'
import type { ExportSource } from '@restitute/run'
import type { Session } from '../session.ts'
import { ok, problem, problemOf, type Remark, warning } from './remark.ts'

/** What only the systems themselves tell: sources within others, reachability, undeclared siblings, free space, stamps. */
export async function systemRemarks(
  session: Session,
  dossier: Dossier,
  sources: readonly ExportSource[],
): Promise<Remark[]> {
  return [
    ...(await nestedRemarks(session, dossier)),
    ...(await sourceRemarks(session, sources)),
    ...(await destinationRemarks(session, dossier.terms)),
    ...(await authorityRemarks(session, dossier.terms)),
  ]
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
