import { type Json, RestituteError, shellWord } from '@restitute/core'
import { type FormKind, formKinds, formOf } from '@restitute/dossier'
import { openCase, operationOf } from '../case.ts'
import { caseDocument } from '../case-document.ts'
import { type CommandDefinition, given, text, texts } from '../command.ts'
import { incidentDocument } from '../incident-document.ts'
import { loadPublicKey } from '../keys.ts'
import { writeNew } from '../new-file.ts'
import { nextCommand } from '../next-command.ts'
import { guaranteesDocument, planDocument } from '../plan-document.ts'
import type { Outcome, Session } from '../session.ts'

/** What `document form` is told. */
export interface FormCommandOptions {
  readonly kind: FormKind
  readonly out: string
  readonly operation?: string
  /** `<member>=<text>`; the key of a mandate is the path of a public key file. */
  readonly set: readonly string[]
}

/** Kinds that concern the whole case. */
const wholeCase: readonly FormKind[] = ['certification-lost', 'roles-withdrawn', 'mandate']

/** Writes a document to fill in and to sign: canonical JSON, with what is known already in it. */
export async function form(session: Session, options: FormCommandOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  const { kind, out } = options
  const named = options.operation ?? (wholeCase.includes(kind) ? 'dossier' : undefined)
  const bytes = formOf({
    kind,
    terms: dossier.terms,
    events: dossier.ledger.events(),
    operation: named === 'dossier' ? named : operationOf(dossier, named),
    at: session.clock.now(),
    language: session.language ?? dossier.terms.contract.language,
    set: await valuesOf(options.set),
  })
  await writeNew(out, bytes)
  const assumed = assumedIn(bytes, options)
  return { exit: 0, json: { kind, file: out, assumed }, lines: linesFor(session, kind, out, assumed) }
}

/** Of which case it speaks: nobody fills that in. */
const heading = ['schema', 'id', 'createdAt', 'contract', 'operation', 'demonstration']

/** What nobody has said and no mark asks for: an incident of no persons, of no special nature, is soon signed. */
function assumedIn(bytes: Uint8Array, { kind, set }: FormCommandOptions): Record<string, Json> {
  const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, Json>
  const said = [...heading, ...set.map((one) => partsOf(one)[0])]
  const isAssumed = ([name, value]: [string, Json]): boolean =>
    !said.includes(name) && value !== kind && !/FILL IN|À REMPLIR/.test(JSON.stringify(value))
  return Object.fromEntries(Object.entries(document).filter(isAssumed))
}

async function valuesOf(set: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const values = new Map(set.map(partsOf))
  const key = values.get('key')
  if (key !== undefined) values.set('key', (await loadPublicKey(key)).armored.replaceAll('\r', ''))
  return values
}

function partsOf(given: string): [string, string] {
  const at = given.indexOf('=')
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)]
  throw new RestituteError('usage', `--set: expected <member>=<text>, got "${given}"`)
}

function linesFor(
  session: Session,
  kind: FormKind,
  out: string,
  assumed: Readonly<Record<string, Json>>,
): string[] {
  const file = shellWord(out)
  const said = Object.entries(assumed).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [
    `${kind}  ${out}`,
    ...(said.length === 0 ? [] : [`Assumed, where --set does not say otherwise: ${said.join(', ')}`]),
    'Replace what is marked FILL IN or À REMPLIR, and nothing else: the file stays one line of canonical JSON.',
    `Sign it with  restitute sign ${file} --as <key>  or with  gpg --armor --detach-sign ${file}`,
    `The host takes it in with  ${nextCommand(session, `record ${kind} ${file}`)}`,
  ]
}

/** `restitute document`. */
export const documentCommand: CommandDefinition = {
  name: 'document',
  args: '<what>',
  summary:
    'write a document: a form to fill in and sign, a delivery slip, the minutes of an operation, incidents, the plan, the clause, the guarantees',
  options: [
    { flags: '--kind <kind>', description: 'of the form', choices: formKinds },
    { flags: '--out <file>', description: 'where to write it', required: true },
    { flags: '--set <member=text>', description: 'what is known already; lists by commas', repeatable: true },
    {
      flags: '--operation <name>',
      description: 'which restitution, or "dossier" (default: the current one)',
    },
  ],
  examples: [
    'restitute document form --kind waiver --out waiver.json --dossier chu',
    'restitute document form --kind declaration --out tapes.json --set copy=nightly-backups --dossier chu',
    'restitute document form --kind contest --out contest.json --set "about=documents:2019/*" --dossier chu',
    'restitute document slip --out slip-R1.html --dossier chu --lang fr',
    'restitute document minutes --out minutes-R1.html --dossier chu',
    'restitute document clause --out clause.html --dossier chu --lang fr',
    'restitute document incident --out incidents.html --dossier chu --lang fr',
  ],
  notes: [
    'What: form (JSON to fill in, with --kind), slip (HTML, goes with packages and media), minutes (HTML, the course of the',
    'operation by the ledger, with room for both signatures by hand), incident (HTML, the record of breaches, GDPR article 33(5)), plan and',
    'clause (HTML, from the contract: what the HDS requirement on reversibility asks for; a clause whose deadlines collide is not issued),',
    'guarantees (HTML, actors, instances and security objectives as the référentiel HDS represents them).',
  ],
  run: (session, [what = ''], options) => {
    const out = text(options, 'out') ?? ''
    if (what === 'slip' || what === 'minutes')
      return caseDocument(session, { kind: what, out, ...given(options, 'operation') })
    if (what === 'plan' || what === 'clause') return planDocument(session, what, out)
    if (what === 'guarantees') return guaranteesDocument(session, out)
    if (what === 'incident') return incidentDocument(session, out)
    if (what !== 'form')
      throw new RestituteError(
        'usage',
        `document: expected form, slip, minutes, incident, plan, clause or guarantees, got "${what}"`,
      )
    return form(session, {
      kind: kindOf(text(options, 'kind')),
      out,
      set: texts(options, 'set'),
      ...given(options, 'operation'),
    })
  },
}

function kindOf(named: string | undefined): FormKind {
  const found = formKinds.find((kind) => kind === named)
  if (found !== undefined) return found
  throw new RestituteError('usage', 'document form: name what it is to be with --kind', {
    hint: `kinds: ${formKinds.join(', ')}`,
  })
}
