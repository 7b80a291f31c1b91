import {
  type Connector,
  type Difference,
  differencesNow,
  type Exporter,
  type Json,
  type KnownItem,
  RestituteError,
  type SourceSpec,
  type View,
  type Watcher,
} from '@restitute/core'
import { isAccountId } from './account-objects.ts'
import { openDestroyer } from './destroyer.ts'
import { openContent, openExporter } from './exporter.ts'
import { locationOf, nameOf } from './location.ts'
import { openProber } from './prober.ts'
import { openRestorer } from './restorer.ts'
import { Session } from './session.ts'
import { siblingsOf } from './siblings.ts'

/**
 * MariaDB and MySQL, one database, `mysql://reader@db.example/records`, by mysql2 (R12). Items: `table/<name>`, its
 * definition and its rows; `view/…`, `procedure/…`, `function/…`, `trigger/…`, `event/…`, `sequence/…`, `package/…`;
 * `database`; `history/<name>`, former rows that cannot be carried, `json/<name>`, types inside JSON that cannot; `account/<user>@<host>`, `role/<name>`, or `accounts` where these cannot be read; `tables`, `triggers`, `events`, `routines` where there may be some that the account does not see. Entries: `data/native/…`, SQL for the `mariadb` program; `data/tables/<name>/…`, CSV that LOAD DATA
 * reads back, with a data package and a script per table.
 */
export const mysqlConnector: Connector = {
  kind: 'mysql',
  abilities: {
    joinable: false,
    consistency: 'snapshot',
    digestsAtInventory: true,
    destruction: 'deletion',
  },
  freeze: openExporter,
  join,
  watch,
  restore: openRestorer,
  compare,
  destroyer: openDestroyer,
  prober: async (source) => openProber(source),
  siblings: siblingsOf,
}

async function join(source: SourceSpec, view: View): Promise<Exporter> {
  throw new RestituteError(
    'source-view-lost',
    `join ${nameOf(locationOf(source))}: a transaction, here of ${view.takenAt}, belongs to its session`,
  )
}

/**
 * Each call of `differences` reads in a transaction of its own, rows and definitions. Not the accounts: they hold nothing
 * of the patients, and the account of whoever destroys is made after the last package.
 */
async function watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  await using _reachable = await Session.open(locationOf(source), signal)
  return {
    differences: (known, asked, { upTo } = {}) =>
      differencesNow((one, stop) => openThere(one, upTo, stop), source, content(known), asked),
    async [Symbol.asyncDispose]() {},
  }
}

/** On the server of the destroyer: a replica, or another one by the same name, may lack what came since. */
async function openThere(
  source: SourceSpec,
  server: Json | undefined,
  signal: AbortSignal,
): Promise<Exporter> {
  const exporter = await openContent(source, signal)
  if (server === undefined || exporter.view.token === server) return exporter
  await exporter[Symbol.asyncDispose]()
  throw new RestituteError(
    'source-unreachable',
    `compare ${nameOf(locationOf(source))}: expected the server on which it is destroyed, got another one`,
    { hint: 'let url and destroy of the source lead to one server' },
  )
}

/** Accounts are compared where they were to be restored; further ones of the target are its own affair. */
async function* compare(
  target: SourceSpec,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  if (!locationOf(target).accounts) return yield* differencesNow(openContent, target, content(known), signal)
  for await (const difference of differencesNow(openExporter, target, known, signal)) {
    if (difference.change !== 'new' || !isAccountId(difference.item)) yield difference
  }
}

async function* content(known: AsyncIterable<KnownItem>): AsyncIterable<KnownItem> {
  for await (const item of known) if (!isAccountId(item.id)) yield item
}
