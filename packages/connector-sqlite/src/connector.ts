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
import { pathOf, realFile, statusOfFile } from './location.ts'
import { openProber } from './prober.ts'
import { openRestorer } from './restorer.ts'
import { siblingsOf } from './siblings.ts'

/**
 * SQLite databases, `sqlite:/srv/ehr/records.db`, by node:sqlite alone (R13). Items: `definitions`, and
 * `table/<name>` for each table with rows of its own; a damaged database is the one item `database`.
 *
 * Entries: `data/native/…`, which joined in byte order of their paths are one SQL script for the `sqlite3`
 * program; `data/tables/<name>/…`, CSV with a data package per table; `data/damaged/…`.
 */
export const sqliteConnector: Connector = {
  kind: 'sqlite',
  abilities: {
    joinable: false,
    consistency: 'snapshot',
    digestsAtInventory: true,
    destruction: 'deletion',
  },
  place: pathOf,
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
    `join ${source.url}: a read transaction of SQLite, here of ${view.takenAt}, cannot be shared`,
  )
}

/** Each call of `differences` reads in a transaction of its own. */
async function watch(source: SourceSpec): Promise<Watcher> {
  await statusOfFile(await realFile(pathOf(source.url)))
  return watcherByInventory(openExporter, source)
}
