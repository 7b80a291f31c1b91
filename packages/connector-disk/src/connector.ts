import { type Connector, type SourceSpec, throwIfInterrupted, type Watcher } from '@restitute/core'
import { diskDestroyer } from './destroy/destroyer.ts'
import { diskProber } from './destroy/prober.ts'
import { differencesOfRest, restOf } from './destroy/rest.ts'
import { differencesOf } from './differences.ts'
import { freezeDisks, joinDisks } from './exporter.ts'
import { loadMachine } from './machine/load.ts'
import { diskRestorer } from './restore/restorer.ts'
import { asWritten } from './restore/written-format.ts'
import { siblingsOf } from './siblings.ts'
import { parseUrl } from './url.ts'

/**
 * The disks of a machine (R15): `disk:/srv/vm/guest.qcow2`, one image, or `disk:/srv/vm/guest`, a folder of images and
 * what else belongs to the machine. Items: `disk/<name>`, the content that the guest sees, whatever the format and
 * however many backing files; `disk/<name>@<id>`, the same at an internal snapshot, `disk/<name>@<n>.<id>` at one of its nth
 * backing file; `file/<name>`. Images are opened by
 * QEMU's own programs, read-only and under limits, told by us which files they may open. Images that a program writes
 * to are refused.
 */
export const diskConnector: Connector = {
  kind: 'disk',
  abilities: { joinable: true, consistency: 'per-item', digestsAtInventory: false, destruction: 'deletion' },
  place: (url) => parseUrl(url).path,
  freeze: freezeDisks,
  join: joinDisks,
  watch,
  restore: diskRestorer,
  compare: (target, known, signal) => differencesOf(asWritten(target), known, signal),
  destroyer: diskDestroyer,
  prober: async (source) => diskProber(source),
  siblings: siblingsOf,
}

/** Each call of `differences` reads everything anew. */
async function watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  throwIfInterrupted(signal)
  const rest = await restOf(source)
  if (rest === undefined) await loadMachine(source, signal)
  return {
    differences: (known, stop, { cutShort = false } = {}) =>
      cutShort && rest ? differencesOfRest(rest, known, stop) : differencesOf(source, known, stop),
    async [Symbol.asyncDispose]() {},
  }
}
