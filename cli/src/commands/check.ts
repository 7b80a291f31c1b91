import { counted, type Json } from '@restitute/core'
import { type LoadedContract, readContract } from '@restitute/dossier'
import { openCase, sourcesOf } from '../case.ts'
import { type Remark, warning } from '../checking/remark.ts'
import { systemRemarks } from '../checking/systems.ts'
import { termsRemarks } from '../checking/terms.ts'
import { type CommandDefinition, flag } from '../command.ts'
import { isInForce } from '../deadline-remarks.ts'
import type { Outcome, Session } from '../session.ts'

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
    ...(await systemRemarks(session, dossier, sources)),
  ]
  return outcomeOf(dossier.terms, remarks, 'fit to export')
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
