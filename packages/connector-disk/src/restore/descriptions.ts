import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownItem } from '@restitute/core'
import { writeDomain } from '../description/domain-write.ts'
import { factsOfJson } from '../description/facts.ts'
import { writeOvf } from '../description/ovf-write.ts'
import type { Sheet } from '../description/sheet.ts'
import type { ImageFormat } from '../image/formats.ts'
import { restoredName } from '../machine/load.ts'
import { machineId } from '../machine/machine.ts'
import { stringsOf } from '../machine-entries.ts'

/** An item and the file that it was restored to. */
export interface BuiltItem {
  readonly item: KnownItem
  readonly file: string
}

/**
 * Writes, for a machine that had a description, an OVF by which its folder is read again and a domain for libvirt.
 * `place`: where the folder will be.
 */
export async function writeDescriptions(
  folder: string,
  place: string,
  format: ImageFormat,
  built: readonly BuiltItem[],
): Promise<void> {
  const machine = built.find(({ item }) => item.id === machineId)
  if (machine === undefined) return
  const sheet = sheetOf(format, built, './')
  await write(join(folder, restoredName), writeOvf(sheet))
  await write(join(folder, 'domain.xml'), writeDomain(sheet, place))
}

/** The sheet of a machine whose files lie beside its description; `before`: what stands before their names. */
export function sheetOf(format: string, built: readonly BuiltItem[], before: string): Sheet {
  const isDisk = ({ item }: BuiltItem): boolean => item.id.startsWith('disk/')
  const machine = built.find(({ item }) => item.id === machineId)
  return {
    facts: factsOfJson(machine?.item.attributes ?? {}),
    bare: machine === undefined,
    disks: built.filter(isDisk).map(({ item, file }) => ({
      name: item.id.slice('disk/'.length),
      // A colon in a name would be taken for a protocol.
      href: before + file,
      format,
      bytes: item.bytes,
      ...stringsOf(item.attributes ?? {}, 'bus', 'device'),
      spare: item.kind === 'snapshot',
    })),
    files: built
      .filter((one) => !isDisk(one) && one.item.id !== machineId)
      .map(({ item, file }) => ({ id: item.id, href: before + file, bytes: item.bytes })),
  }
}

async function write(path: string, text: string): Promise<void> {
  await using handle = await open(path, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
}
