import {
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { linesName } from '../disk-lines.ts'
import { onlyDisk } from '../machine/load.ts'
import { parseUrl } from '../url.ts'
import { type BuiltItem, writeDescriptions } from './descriptions.ts'
import { canWrite } from './image-writer.ts'
import { MachineBuilder } from './machine-builder.ts'
import { isOva, writeOva } from './ova-write.ts'
import { openStaging, type Staging } from './staging.ts'
import { writtenFormat } from './written-format.ts'

/**
 * Rebuilds disks as sparse files of the format that the target's URL or name tells (raw when neither does), in a folder
 * beside the target that takes its name on `finish`; a machine that is one disk becomes one file, unless the URL ends
 * in `/`. A target whose name ends in `.ova` becomes an OVA. Formats that must know a disk's size before its content take the tag files in a round of their own.
 */
export async function diskRestorer(target: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  throwIfInterrupted(signal)
  const url = parseUrl(target.url)
  const format = writtenFormat(url)
  if (!canWrite(format))
    throw new RestituteError('usage', `target ${target.url}: ${format} cannot be written`)
  const staging = await openStaging(target, url)
  const builder = new MachineBuilder(staging.folder, format)
  const rounds = format === 'raw' ? 1 : 2
  return {
    phases: rounds,
    phase: (path) => (linesName.test(path) ? 0 : rounds - 1),
    accept: (entry, stop) => wrapped(target, take(builder, entry, stop)),
    finish: (items, stop) => wrapped(target, finish(builder, staging, items, stop)),
    async [Symbol.asyncDispose]() {
      await builder.close()
      await staging[Symbol.asyncDispose]()
    },
  }
}

async function take(builder: MachineBuilder, entry: RestoredEntry, signal: AbortSignal): Promise<void> {
  throwIfInterrupted(signal)
  if (entry.type !== 'file') return
  if (entry.item !== undefined) await builder.write(entry.item, entry, signal)
  else if (linesName.test(entry.path)) await builder.learn(entry)
}

async function finish(
  builder: MachineBuilder,
  staging: Staging,
  items: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): Promise<void> {
  throwIfInterrupted(signal)
  const built = await builder.finish(items, signal)
  const { folder, place } = staging
  const only = isOva(place) ? await writeOva(folder, built, signal) : onlyFile(built)
  if (!isOva(place)) await writeDescriptions(folder, place, builder.format, built)
  throwIfInterrupted(signal)
  await staging.promote(only)
}

/** The file of a machine that is one disk. */
function onlyFile(built: readonly BuiltItem[]): string | undefined {
  const [first, ...others] = built
  return others.length === 0 && first?.item.id === `disk/${onlyDisk}` ? first.file : undefined
}

async function wrapped(target: SourceSpec, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    const reason = systemCode(cause) ?? (cause instanceof Error ? cause.message : 'failed')
    throw new RestituteError('restore-failed', `restoration to ${target.url}: ${reason}`, { cause })
  }
}
