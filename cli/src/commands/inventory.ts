import { writeFile } from 'node:fs/promises'
import { counted, formatBytes, type Json } from '@restitute/core'
import { signedScope } from '@restitute/destruction'
import { type Dossier, documentHead, isTouched } from '@restitute/dossier'
import { documentBytes, type Scope, type ScopeCopy, type ScopeSource } from '@restitute/manifest'
import { type ExportSource, type SourceInventory, takeInventory } from '@restitute/run'
import { meantSources, openCase, operationOf, readableSources } from '../case.ts'
import { type CommandDefinition, given, texts } from '../command.ts'
import { notWritten } from '../new-file.ts'
import { printableScope } from '../printable.ts'
import type { Outcome, Session } from '../session.ts'

/** What `inventory` is told. */
export interface InventoryOptions {
  readonly sources: readonly string[]
  readonly operation?: string
  /** Where to write the scope document, for both parties to sign. */
  readonly scope?: string
}

/** Counts and sizes every source as it is now: what an export would hold. Changes nothing. */
export async function inventory(session: Session, options: InventoryOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  const operation = operationOf(dossier, options.operation)
  const sources = await readableSources(session, dossier, meantSources(dossier, operation, options.sources))
  const stated = options.scope === undefined ? [] : await begunSources(dossier, operation, sources)
  const isStated = (source: string): boolean => stated.some(({ name }) => name === source)
  const read = sources.filter(({ terms }) => terms.excluded === undefined && !isStated(terms.name))
  const found = await takeInventory({
    sources: read.map(({ spec }) => spec),
    connectorOf: session.connectorOf,
    hooks: { folder: dossier.paths.hooks, clock: session.clock },
    signal: session.signal,
    progress: session.progress,
  })
  const scope =
    options.scope === undefined
      ? undefined
      : await writeScope(session, dossier, options, sources, [...stated, ...found.map(scopeSource(sources))])
  return {
    exit: found.some(({ lost }) => lost > 0) ? 5 : 0,
    json: {
      sources: found.map(sourceJson),
      excluded: sources.filter((s) => s.terms.excluded !== undefined).map((s) => s.terms.name),
      ...(scope === undefined ? {} : { scope: scope.path, pages: scope.pages }),
    },
    lines: [
      ...stated.map(({ name }) => `${name}  as in the scope signed before: its destruction has begun`),
      ...found.flatMap(lines),
      ...(scope === undefined
        ? []
        : [
            `scope  ${scope.path}  (to be signed by host and client: restitute sign)`,
            ...scope.pages.map((page) => `page  ${page}`),
          ]),
    ],
  }
}

/**
 * What both signed of the sources of which something may be gone: they cannot be counted any more, and without them nothing
 * that is left could be destroyed once the contract is amended.
 */
async function begunSources(
  dossier: Dossier,
  operation: string,
  sources: readonly ExportSource[],
): Promise<readonly ScopeSource[]> {
  const events = dossier.ledger.events()
  const begun = sources.filter(({ terms }) => isTouched(events, operation, [terms.name]))
  const signed = begun.length === 0 ? undefined : await signedScope(dossier, operation)
  return signed?.document.sources.filter(({ name }) => begun.some(({ terms }) => terms.name === name)) ?? []
}

function sourceJson(source: SourceInventory): Json {
  const { name, kind, items, bytes, lost, kinds, view } = source
  return {
    name,
    kind,
    items,
    bytes,
    lost,
    kinds: Object.fromEntries(Object.entries(kinds).map(([k, t]) => [k, { ...t }])),
    fingerprint: view.fingerprint,
    point: view.point,
    consistency: view.consistency,
  }
}

function lines(source: SourceInventory): string[] {
  const kinds = Object.entries(source.kinds).map(([kind, tally]) => `${kind}: ${tally.items}`)
  return [
    `${source.name}  ${source.kind}  ${counted(source.items, 'item')}, ${formatBytes(source.bytes)}  (${kinds.join(', ')})`,
    `  fingerprint ${source.view.fingerprint}  ${source.view.consistency}: ${source.view.point}`,
    ...(source.lost > 0 ? [`  ${counted(source.lost, 'item')} that cannot be delivered whole`] : []),
  ]
}

async function writeScope(
  session: Session,
  dossier: Dossier,
  options: InventoryOptions,
  sources: readonly ExportSource[],
  inScope: readonly ScopeSource[],
): Promise<{ readonly path: string; readonly pages: readonly string[] }> {
  const { contract } = dossier.terms
  const scope: Scope = {
    schema: 'restitute/scope/v1',
    ...documentHead(dossier.terms, operationOf(dossier, options.operation), session.clock.now()),
    sources: inScope,
    copies: contract.instances.flatMap((instance) =>
      (instance.copies ?? []).map((copy) => scopeCopy(instance.code, copy)),
    ),
    leftOut: sources.flatMap(({ terms }) =>
      terms.excluded === undefined ? [] : [{ url: terms.url, reason: terms.excluded }],
    ),
  }
  const path = options.scope ?? `scope-${scope.operation}.json`
  const bytes = documentBytes('scope', scope)
  await writeFile(path, bytes).catch((cause: unknown) => {
    throw notWritten(path, cause)
  })
  const { host, client } = contract.parties
  const parties = { host: host.name, client: client.name }
  return { path, pages: await printableScope({ path, bytes, profile: contract.profile, parties }, scope) }
}

function scopeSource(sources: readonly ExportSource[]): (found: SourceInventory) => ScopeSource {
  return ({ name, kind, view, items, bytes }) => ({
    name,
    instance: sources.find(({ terms }) => terms.name === name)?.instance ?? '',
    kind,
    fingerprint: view.fingerprint,
    items,
    bytes,
  })
}

function scopeCopy(
  instance: string,
  copy: { name: string; kind: ScopeCopy['kind']; rotation?: string; 'held-by'?: string },
): ScopeCopy {
  return {
    name: copy.name,
    instance,
    kind: copy.kind,
    ...(copy['held-by'] === undefined ? {} : { heldBy: copy['held-by'] }),
    ...(copy.rotation === undefined ? {} : { rotation: copy.rotation }),
  }
}

/** `restitute inventory`. */
export const inventoryCommand: CommandDefinition = {
  name: 'inventory',
  args: '',
  summary: 'the forecast: what would be exported now; with --scope, the list for both parties to sign',
  options: [
    { flags: '--source <name>', description: 'only this source', repeatable: true },
    { flags: '--scope <file>', description: 'write the scope document there' },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
  ],
  examples: ['restitute inventory --dossier chu', 'restitute inventory --dossier chu --scope scope-R1.json'],
  run: (session, _args, options) =>
    inventory(session, {
      sources: texts(options, 'source'),
      ...given(options, 'scope', 'operation'),
    }),
}
