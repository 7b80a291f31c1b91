import {
  type Connector,
  differencesNow,
  type Exporter,
  RestituteError,
  type SourceSpec,
  throwIfInterrupted,
  watcherByInventory,
} from '@restitute/core'
import { describe } from './description.ts'
import { openDestroyer } from './destroyer.ts'
import { byContent, byMark } from './differences.ts'
import { openExporter } from './exporter.ts'
import { openProber } from './prober.ts'
import { openRestorer } from './restorer.ts'

/**
 * Systems without a connector of their own (R21), served by a program of the operator: `program:/path?name=value`. The
 * protocol is in `docs/program.md`. The package says that the format is native, not neutral.
 */
export const programConnector: Connector = {
  kind: 'program',
  abilities: { joinable: false, consistency: 'per-item', digestsAtInventory: false, destruction: 'deletion' },
  freeze: openExporter,
  join: async ({ name }) => {
    throw new RestituteError('source-view-lost', `source ${name}: the view of a program cannot be shared`)
  },
  watch: async (source, signal) => {
    await describe(source, signal)
    return watcherByInventory(open, source, byMark)
  },
  compare: (target, known, signal) => differencesNow(open, target, known, signal, byContent),
  restore: openRestorer,
  destroyer: openDestroyer,
  prober: async (source) => openProber(source),
  // What lies beside its system, only the operator knows.
  async *siblings() {},
}

async function open(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  throwIfInterrupted(signal)
  return openExporter(source, signal)
}
