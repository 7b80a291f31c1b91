import type { Element } from '@xmldom/xmldom'
import type { DescribedFile } from './described.ts'
import { at, attribute, children, textOf } from './xml.ts'

const hostFolder = 'a folder of the host that the machine mounts: to be declared as a source of its own'
const hostDisk = 'a disk of the host that is handed to the machine: to be declared as a source of its own'

const onlyRead = 'a file of the host that the machine only reads: to be declared as a source of its own'

/**
 * Where a machine of libvirt keeps data beside its disks: memory that lasts, which is a file; folders and disks of the host,
 * which may be others' too and are stated. What is gone with the machine (`type='ram'`) is passed over.
 */
export function storageBeside(devices: Element | undefined): DescribedFile[] {
  const folders = children(devices, 'filesystem').filter((one) => attribute(one, 'type') !== 'ram')
  const disks = children(devices, 'hostdev').filter(
    (one) => attribute(one, 'type')?.startsWith('scsi') === true,
  )
  return [
    ...children(devices, 'memory').flatMap((one, i) => lastingMemory(one, i + 1)),
    ...folders.map((_, i) => lost(`filesystem-${i + 1}`, hostFolder)),
    ...disks.map((_, i) => lost(`hostdev-${i + 1}`, hostDisk)),
  ]
}

/** Models `nvdimm` and `virtio-pmem`. What is only read, other machines may read, too: it must not go with this one. */
function lastingMemory(memory: Element, number: number): DescribedFile[] {
  const file = textOf(at(memory, 'source', 'path'))
  if (file !== undefined && at(memory, 'target', 'readonly')) return [lost(`memory-${number}`, onlyRead)]
  return file === undefined ? [] : [{ id: `file/memory-${number}`, kind: 'file', file }]
}

function lost(name: string, reason: string): DescribedFile {
  return { id: `file/${name}`, kind: 'file', file: '', lost: reason }
}
