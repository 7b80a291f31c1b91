import {
  type Connector,
  type Difference,
  differencesNow,
  type Exporter,
  type FreezeOptions,
  freezeAlone,
  type KnownItem,
  type SourceSpec,
  type View,
  type Watcher,
} from '@restitute/core'
import { definitionsId } from './definition-entries.ts'
import { openDestroyer } from './destroyer.ts'
import { PostgresExporter } from './exporter.ts'
import { locationOf } from './location.ts'
import { preparedBeyond } from './prepared.ts'
import { openProber } from './prober.ts'
import { openUpTo } from './reached.ts'
import { openRestorer } from './restorer.ts'
import { Session } from './session.ts'
import { siblingsOf } from './siblings.ts'
import { freezeView, momentOf, releaseView } from './view.ts'

/**
 * PostgreSQL databases, `postgres://reader@host/lab`, from version 14 on (R11). Items: `database`; `definition/<kind>/<name>`
 * for every object, `definitions` for the scripts that make them; `large-object/<number>`, `role/<name>`, `foreign-table/…`,
 * `materialized-rows/<schema>.<name>`, `materialized-view/…` for rows that lie elsewhere,
 * `sequence/<schema>.<name>`, `table/<schema>.<name>`.
 *
 * Entries: `data/definitions/…`, `data/tables/<table>/…` (CSV with data packages), `data/sequences/…`,
 * `data/materialized/…` (CSV likewise, which nothing loads), `data/large-objects/…`, and `data/restore.sql`, by which psql alone rebuilds the database.
 */
export const postgresConnector: Connector = {
  kind: 'postgres',
  abilities: {
    joinable: true,
    consistency: 'snapshot',
    digestsAtInventory: true,
    destruction: 'deletion',
  },
  freeze,
  join,
  release: releaseView,
  watch,
  restore: openRestorer,
  compare,
  destroyer: openDestroyer,
  prober: async (source) => openProber(source),
  siblings: siblingsOf,
}

async function freeze(source: SourceSpec, signal: AbortSignal, o: FreezeOptions = {}): Promise<Exporter> {
  const view = await freezeView(source, signal, o.alone === true)
  try {
    return await join(source, view, signal)
  } catch (error) {
    await releaseView(source, view, new AbortController().signal).catch(() => {})
    throw error
  }
}

async function join(source: SourceSpec, view: View, signal: AbortSignal): Promise<Exporter> {
  const exporter = new PostgresExporter(source, view)
  await exporter.enter(signal)
  return exporter
}

/**
 * Each call of `differences` reads in a view of its own. Not the roles: they hold nothing of the patients, and logins are
 * closed, and that of whoever destroys made, after the last package. What they own or may use is watched with the objects.
 */
async function watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  await using session = await Session.open(locationOf(source), signal)
  const { standby } = await momentOf(session, signal)
  return {
    async *differences(known, asked, { upTo } = {}) {
      const now = differencesNow((one, stop) => openUpTo(alone, one, upTo, stop), source, known, asked)
      yield* withoutRoles(now)
      if (standby) yield* preparedBeyond(upTo)
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function* withoutRoles(differences: AsyncIterable<Difference>): AsyncIterable<Difference> {
  for await (const one of differences) if (!ofRoles.test(one.item)) yield one
}

/**
 * A sample was built without its foreign keys; `definitions` stands for all definitions together, which are compared one by
 * one. Rows of foreign tables are in neither database, those of materialised views are filled anew. Further members of the roles, further rights on
 * settings and on what comes with the server or an extension, and labels are the affair of the target's server.
 */
async function* compare(
  target: SourceSpec,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  for await (const one of differencesNow(alone, target, known, signal)) {
    if (one.item === definitionsId && one.change === 'changed') continue
    if (target.sample && (one.item === definitionsId || one.item.startsWith(foreignKeys))) continue
    if (materializedRows.test(one.item)) continue
    if (one.change === 'new' && ofServer.test(one.item)) continue
    if (one.change === 'unreadable' && foreignRows.test(one.item)) continue
    yield one
  }
}

const ofRoles = /^(role|definition\/parameter-grant)\//
const ofServer = /^(role|definition\/(parameter-grant|security-labels|rights))\//
const foreignKeys = 'definition/foreign-key/'
const materializedRows = /^materialized-rows\//
const foreignRows = /^(foreign-table|materialized-view|extension-table)\//

function alone(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  return freezeAlone(postgresConnector, source, signal)
}
