import {
  type Connector,
  differencesNow,
  type Exporter,
  RestituteError,
  type SourceSpec,
  type View,
  type Watcher,
  watcherByInventory,
} from '@restitute/core'
import { openDestroyer } from './destroyer.ts'
import { openExporter } from './exporter.ts'
import { locationOf, nameOf } from './location.ts'
import { openProber } from './prober.ts'
import { openRestorer } from './restorer.ts'
import { Session } from './session.ts'
import { siblingsOf } from './siblings.ts'

/**
 * MariaDB and MySQL, one database, `mysql://reader@db.example/records`, by mysql2 (R12). Items: `table/<name>`, its
 * definition and its rows; `view/…`, `procedure/…`, `function/…`, `trigger/…`, `event/…`, `sequence/…`, `package/…`;
 * `database`. Entries: `data/native/…`, SQL for the `mariadb` program; `data/tables/<name>/…`, CSV that LOAD DATA
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
  compare: (target, known, signal) => differencesNow(openExporter, target, known, signal),
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

/** Each call of `differences` reads in a transaction of its own. */
async function watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  await using _reachable = await Session.open(locationOf(source), signal)
  return watcherByInventory(openExporter, source)
}
