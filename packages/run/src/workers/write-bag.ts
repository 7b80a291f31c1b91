import { bagEntries, type EntryRecord, type WrittenVolume, writeVolume } from '@restitute/archive'
import type { DestinationOf } from '@restitute/core'
import { readDatabase } from '../journal/database.ts'
import {
  foundDirectories,
  type PlacedEntry,
  payloadFiles,
  payloadTally,
  tagFiles,
  type VolumeNote,
} from '../journal/entries.ts'
import { bagShard } from '../journal/shards.ts'
import { batcher } from './batches.ts'
import type { CallContext } from './handlers.ts'
import type { BagRequest } from './protocol.ts'
import { readKeys } from './write-shard.ts'

/** Writes the volume with the bag's own files and directories, once every other volume of the source is there. */
export async function writeBag(
  destinationOf: DestinationOf,
  request: BagRequest,
  context: CallContext<readonly VolumeNote[]>,
): Promise<WrittenVolume> {
  const { name, sourceName: source, readBack, info, at } = request
  using db = readDatabase(request.journal)
  const notes = batcher(context.send)
  const written = await writeVolume({
    destination: await destinationOf(request.place),
    ...{ name, source, shard: bagShard, readBack, signal: context.signal },
    recipients: await readKeys(request.recipients),
    entries: bagEntries({
      payload: records(payloadFiles(db, request.source)),
      tally: payloadTally(db, request.source),
      tags: () => records(tagFiles(db, request.source)),
      directories: foundDirectories(db, request.source),
      ...{ info, at },
    }),
    onEntry: (entry) => notes.add({ entry }),
    onLoss: (loss) => notes.add({ loss }),
    onProgress: context.progress,
  })
  await notes.flush()
  return written
}

function* records(placed: Iterable<PlacedEntry>): Iterable<EntryRecord> {
  for (const { entry } of placed) yield entry
}
