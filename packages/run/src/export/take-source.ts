import { randomBytes } from 'node:crypto'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { volumeName } from '@restitute/archive'
import { asRestituteError, type Item, type View } from '@restitute/core'
import { durably, inBatches, transaction } from '../journal/database.ts'
import {
  allItems,
  type ItemRow,
  itemFinder,
  itemWriter,
  type LostFolder,
  lostFolders,
  sameMarks,
} from '../journal/items.ts'
import { exportedName } from '../journal/leaders.ts'
import { reasonLine } from '../journal/reasons.ts'
import { shardRows } from '../journal/shards.ts'
import { addSource, dropSource, type SourceRow, setView, sourceNamed } from '../journal/sources.ts'
import type { BaseSource } from './base.ts'
import type { Job } from './job.ts'
import type { LiveSource } from './live-source.ts'
import { refuseOther } from './refuse-other.ts'
import { verdicts } from './verdict.ts'

const continuedAt = ', continued at '

/**
 * Gets a source's view and has its inventory in the journal, taken inside that view (R1). A source that was planned
 * in an earlier run goes on in its old view when that can be joined, in a new one when the same items have the same
 * marks there, and otherwise from its beginning (R4).
 */
export async function takeSource(job: Job, live: LiveSource, signal: AbortSignal): Promise<void> {
  const known = sourceNamed(job.db, live.key)
  if (known && (await rejoin(live, known.view, signal))) return
  await live.freeze(signal)
  const fresh = await takeInventory(job, live, signal)
  if (known) await settle(job, live, known, fresh)
}

/** Only a snapshot is still the same after a restart; every other view is taken again and its marks are compared. */
async function rejoin(live: LiveSource, view: View, signal: AbortSignal): Promise<boolean> {
  if (view.consistency !== 'snapshot') return false
  try {
    await live.join(view, signal)
    return true
  } catch (error) {
    if (asRestituteError(error).code === 'source-view-lost') return false
    throw error
  }
}

async function takeInventory(job: Job, live: LiveSource, signal: AbortSignal): Promise<number> {
  const { db, base } = job
  refuseOther(job, live)
  const { view } = live.opened
  const before = base?.source(live.key)
  const salt = randomBytes(32).toString('hex')
  const id = addSource(db, { name: live.key, view, salt })
  const write = itemWriter(db)
  const { items } = job.options
  const verdict = verdicts({ base: before, items, exportedName: exportedName(db, id) })
  const onBatch = (batch: readonly Item[]): void => {
    transaction(db, () => batch.forEach((item) => write(id, verdict(item))))
    job.progress.inventoried(live.key, batch)
  }
  const request = { key: live.key, pace: live.pace }
  await live.counting(() =>
    live.use((worker) => worker.call('inventory', request, { signal, onBatch }), signal),
  )
  if (before) await noteUnseen(job, id, before, signal)
  return id
}

/** Items of the base that the inventory has not seen: gone now, or lost with the folder that they lay in. */
async function noteUnseen(job: Job, id: number, base: BaseSource, signal: AbortSignal): Promise<void> {
  const { db } = job
  const find = itemFinder(db)
  const write = itemWriter(db)
  const folders = lostFolders(db, id)
  for (const page of inBatches(allItems(base.db, base.row.id))) {
    signal.throwIfAborted()
    const unseen = page.filter((row) => row.state !== 'removed' && !find(id, row.id))
    transaction(db, () => unseen.forEach((row) => write(id, lostWith(folders, row) ?? removed(row))))
    await yieldToEvents()
  }
}

/** Nobody knows what has become of what lies in a folder that cannot be read: to say that it was removed would be false. */
function lostWith(folders: readonly LostFolder[], row: ItemRow): ItemRow | undefined {
  const folder = folders.find(({ id }) => row.id.startsWith(id))
  if (folder === undefined) return undefined
  const reason = reasonLine(folder.lost)
  return { ...row, ordinal: null, lost: reason, state: 'lost', reason, read_at: null }
}

function removed(row: ItemRow): ItemRow {
  return { ...row, ordinal: null, lost: null, state: 'removed', reason: null, read_at: null }
}

/** Goes on with what an earlier run made, or drops it. */
async function settle(job: Job, live: LiveSource, known: SourceRow, fresh: number): Promise<void> {
  const { db, destination } = job
  const { view } = live.opened
  const same = known.view.fingerprint === view.fingerprint && sameMarks(db, known.id, fresh)
  if (same) {
    durably(db, () => {
      dropSource(db, fresh)
      setView(db, known.id, continuedView(known.view, view, live.source.spec.quiesced === true))
    })
    return
  }
  const volumes = shardRows(db, known.id)
  durably(db, () => dropSource(db, known.id))
  for (const { volume, result } of volumes) if (result) await destination.remove(volumeName(volume))
}

/** Two views with equal marks: one moment only where the source was declared closed to writing. */
function continuedView(old: View, view: View, quiesced: boolean): View {
  const [begun] = old.point.split(continuedAt, 1)
  return {
    ...view,
    point: `${begun}${continuedAt}${view.point}`,
    consistency: quiesced ? 'quiesced' : 'per-item',
  }
}
