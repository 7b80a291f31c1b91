import {
  type Actor,
  type ConformityLevel,
  type Contract,
  type DocumentHead,
  type Guarantees,
  securityObjectives,
} from '@restitute/manifest'
import { country, list } from './format.ts'
import { type GuaranteesWords, guaranteesWords } from './guarantees-words.ts'
import { type Html, html, type Piece } from './html.ts'
import { type Edition, page } from './page.ts'
import { parties, references, section } from './parts.ts'
import { table } from './table.ts'
import type { Words } from './words-fr.ts'

interface Context {
  readonly contract: Contract
  readonly guarantees: Guarantees
  readonly actors: ReadonlyMap<string, Actor>
  readonly w: GuaranteesWords
  readonly words: Words
}

/**
 * The normalised representation of the guarantees (référentiel HDS, 7.6, with its colours), out of what a contract declares
 * under `actors`, `instances` and `guarantees`. Colours are never alone: each level is written out too.
 */
export function guaranteesHtml(
  record: { readonly head: DocumentHead; readonly contract: Contract; readonly guarantees: Guarantees },
  edition: Edition,
): string {
  const { head, contract, guarantees } = record
  const w = guaranteesWords[edition.language]
  const actors = new Map((contract.actors ?? []).map((actor) => [actor.code, actor]))
  return page(head, edition, w.title, (words) => {
    const c: Context = { contract, guarantees, actors, w, words }
    return [
      html`<p class="lead">${w.lead}</p>\n`,
      references(head, edition, words),
      parties(edition, words),
      section(w.administrator, html`<p class="verdict">${named(c, guarantees.administrator)}</p>\n`),
      section(w.actors, actorTable(c)),
      section(w.instances, instanceTable(c)),
      section(w.conformity, legend(c), matrix(c)),
      guarantees.comment === undefined ? undefined : section(w.comment, html`<p>${guarantees.comment}</p>\n`),
      section(w.residual, residual(c), html`<p>${w.declared}</p>\n`),
    ]
  })
}

function named({ actors }: Context, code: string): string {
  const identity = actors.get(code)?.identity
  return identity === undefined ? code : `${code} – ${identity}`
}

function actorTable({ contract, w }: Context): Html {
  const rows = (contract.actors ?? []).map((actor): Piece[] => [
    actor.code,
    actor.identity,
    actor.role,
    levelOf(actor.level, w),
  ])
  return table(undefined, [w.code, w.identity, w.role, w.level], rows)
}

function levelOf(level: ConformityLevel | undefined, w: GuaranteesWords): Html {
  return html`<span class="level ${level ?? 'unstated'}">${level === undefined ? w.unstated : w.levels[level]}</span>`
}

function instanceTable({ contract, w, words }: Context): Html {
  const rows = contract.instances.map((instance): Piece[] => [
    instance.code,
    `${instance.description ?? '–'} (${country(instance.country, words)})`,
    (instance.actors ?? []).join(', '),
  ])
  return table(undefined, [w.code, w.description, w.actors], rows)
}

const levels: readonly ConformityLevel[] = ['not-conforming', 'exempt', 'hds', 'hds-secnumcloud']

function legend({ w, words }: Context): Html {
  return html`<p>${w.legend}${words.colon}${levels.map((level) => html`${levelOf(level, w)} `)}</p>\n`
}

function matrix(c: Context): Html {
  const { guarantees, w } = c
  const rows = securityObjectives.map((objective): Piece[] => [
    w.objectives[objective],
    ...guarantees.objectives.map((of) => cell(of[objective], c)),
  ])
  return table(undefined, [w.objective, ...guarantees.objectives.map(({ instance }) => instance)], rows)
}

function cell(codes: readonly string[], { actors, w }: Context): Piece {
  if (codes.length === 0) return html`<span class="failed">${w.nobody}</span>`
  return codes.map((code) => {
    const level = actors.get(code)?.level
    const title = level === undefined ? w.unstated : w.levels[level]
    return html`<div><span class="level ${level ?? 'unstated'}" title="${title}">${code}</span></div>`
  })
}

/** What the table itself says is not taken care of. */
function residual({ guarantees, actors, w }: Context): Html {
  const open = guarantees.objectives.flatMap((of) =>
    securityObjectives
      .filter((objective) => of[objective].length === 0)
      .map((objective) => w.uncovered(w.objectives[objective], of.instance)),
  )
  const used = new Set(guarantees.objectives.flatMap((of) => securityObjectives.flatMap((one) => of[one])))
  const failing = [...used].filter((code) => actors.get(code)?.level === 'not-conforming').map(w.failing)
  const unstated = [...used].filter((code) => actors.get(code)?.level === undefined).map(w.levelMissing)
  return list([...open, ...failing, ...unstated]) ?? html`<p>${w.noResidual}</p>\n`
}
