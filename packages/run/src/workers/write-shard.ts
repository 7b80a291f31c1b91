import { type WrittenVolume, writeVolume } from '@restitute/archive'
import type { DestinationOf, Entry, Exporter, Loss, Shard } from '@restitute/core'
import { type PublicKey, readPublicKey } from '@restitute/seal'
import { readDatabase } from '../journal/database.ts'
import type { FoundDirectory, VolumeNote } from '../journal/entries.ts'
import { itemsOfShard } from '../journal/to-export.ts'
import { batcher } from './batches.ts'
import type { CallContext } from './handlers.ts'
import { type Pace, paced, passage } from './pace.ts'
import type { VolumeRequest } from './protocol.ts'

/** Entries up to this size are held to the pace as a whole: one turn for each is enough. */
const atOnceBytes = 64 * 1024

/** Reads the shards of a volume and writes it; tells the main thread of every entry, directory and loss. */
export async function writeShard(
  exporter: Exporter,
  destinationOf: DestinationOf,
  request: VolumeRequest & { readonly onPacked: () => Promise<void> },
  context: CallContext<readonly VolumeNote[]>,
): Promise<WrittenVolume> {
  const { shards, name, sourceName: source, readBack, pace, onPacked } = request
  const { signal } = context
  using db = readDatabase(request.journal)
  const notes = batcher(context.send)
  const read = (shard: Shard) =>
    exporter.read(shard, itemsOfShard(db, request.source, shard.first, shard.last), signal)
  const written = await writeVolume({
    destination: await destinationOf(request.place),
    ...{ name, source, shard: shards[0]?.id ?? '', readBack, onPacked, signal },
    recipients: await readKeys(request.recipients),
    entries: oneByOne(shards, (shard) => shaped(read(shard), notes.add, pace, signal)),
    onEntry: (entry) => notes.add({ entry }),
    onLoss: (loss) => notes.add({ loss }),
    onProgress: context.progress,
  })
  await notes.flush()
  return written
}

async function* oneByOne(
  shards: readonly Shard[],
  read: (shard: Shard) => AsyncIterable<Entry | Loss>,
): AsyncIterable<Entry | Loss> {
  for (const shard of shards) yield* read(shard)
}

/** Recipients as they travelled. */
export function readKeys(armored: readonly string[]): Promise<PublicKey[]> {
  return Promise.all(armored.map((key) => readPublicKey(Buffer.from(key))))
}

/** Directories are noted for the bag's own volume, which comes last, and so is what was found; contents are held to the pace. */
async function* shaped(
  entries: AsyncIterable<Entry | Loss>,
  note: (note: VolumeNote) => Promise<void> | undefined,
  pace: Pace,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  for await (const entry of entries) {
    if ('found' in entry && entry.found && entry.item !== undefined) {
      await note({ finding: { item: entry.item, found: entry.found } })
    }
    if ('lost' in entry) yield entry
    else if (entry.type === 'directory') await note({ directory: directoryOf(entry) })
    else if (entry.size > atOnceBytes) yield inPieces(entry, pace, signal)
    else {
      await passage(pace, entry.size, signal)
      yield entry
    }
  }
}

function inPieces(entry: Entry, pace: Pace, signal: AbortSignal): Entry {
  const { atHand: _, ...rest } = entry
  return { ...rest, content: () => paced(entry.content(), pace, signal) }
}

function directoryOf({ path, mode, modified, item, uid, gid, pax }: Entry): FoundDirectory {
  return {
    ...{ path: path.replace(/\/$/, ''), mode, modified },
    ...(item !== undefined && { item }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(pax && { pax }),
  }
}
