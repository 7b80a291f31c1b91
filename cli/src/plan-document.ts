import { RestituteError } from '@restitute/core'
import {
  clauseHtml,
  guaranteesHtml,
  kindsWithoutFormat,
  type PlanBound,
  planHtml,
} from '@restitute/documents'
import { type DeadlineBound, documentHead, explainDeadlines } from '@restitute/dossier'
import { deadlineRules } from '@restitute/manifest'
import { openCase } from './case.ts'
import { editionOf } from './case-document.ts'
import { writeNew } from './new-file.ts'
import type { Outcome, Session } from './session.ts'

/**
 * Writes the reversibility plan or clause of a contract, pinned or not. A clause whose deadlines collide, or that would promise
 * a format for which there is no connector, is not issued (R40, R45): `contract-invalid` with every reason. A plan says so.
 */
export async function planDocument(session: Session, kind: 'clause' | 'plan', out: string): Promise<Outcome> {
  const dossier = await openCase(session)
  const { contract } = dossier.terms
  const { bounds, collisions, notes } = explainDeadlines(dossier.terms)
  const against = [
    ...collisions.map(({ sentence }) => sentence),
    ...kindsWithoutFormat(contract).map(
      (name) => `no connector gives a format to a source of the kind "${name}"`,
    ),
  ]
  if (kind === 'clause' && against.length > 0) throw notIssued(against)
  const record = {
    head: documentHead(dossier.terms, 'dossier', session.clock.now()),
    contract,
    bounds: bounds.map(boundOf),
    remarks: [...against, ...notes],
  }
  const edition = editionOf(dossier, session, out)
  await writeNew(out, kind === 'clause' ? clauseHtml(record, edition) : planHtml(record, edition))
  return {
    exit: 0,
    json: { kind, file: out, remarks: record.remarks },
    lines: [`${kind}  ${out}`, ...record.remarks.map((said) => `warning: ${said}`)],
  }
}

/** Writes the representation of the guarantees that a contract declares; `usage` where it declares none. */
export async function guaranteesDocument(session: Session, out: string): Promise<Outcome> {
  const dossier = await openCase(session)
  const { contract } = dossier.terms
  const { guarantees } = contract
  if (guarantees === undefined) {
    throw new RestituteError('usage', 'document guarantees: the contract has no guarantees:', {
      hint: 'guarantees: { administrator: <code>, objectives: [{ instance: <code>, A: [<code>], …, H: [<code>] }] }, and a level for each actor',
    })
  }
  const record = { head: documentHead(dossier.terms, 'dossier', session.clock.now()), contract, guarantees }
  await writeNew(out, guaranteesHtml(record, editionOf(dossier, session, out)))
  return { exit: 0, json: { kind: 'guarantees', file: out }, lines: [`guarantees  ${out}`] }
}

function boundOf({ bound, from, to, duration, days, rules }: DeadlineBound): PlanBound {
  return { bound, from, to, duration, days, asked: rules.map(askedBy) }
}

function askedBy(rule: string): string {
  const source = deadlineRules.get(rule)?.source
  return source === undefined ? rule : `${rule} (${source})`
}

function notIssued(problems: readonly string[]): RestituteError {
  return new RestituteError('contract-invalid', `clause: not issued: ${problems.join('; ')}`, {
    details: { problems },
    hint: 'settle these with the client first; restitute document plan shows them beside the rest',
  })
}
