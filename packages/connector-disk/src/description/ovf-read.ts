import { RestituteError } from '@restitute/core'
import type { Element } from '@xmldom/xmldom'
import { formatOfName, type ImageFormat } from '../image/formats.ts'
import type { DescribedDisk, DescribedFile, Description } from './described.ts'
import { count, type MachineFacts } from './facts.ts'
import { at, attribute, children, textOf } from './xml.ts'

/** Namespace of what a restoration adds to an OVF. */
export const ownNamespace = 'urn:restitute:disk:1'

/** What an OVF envelope says of its machine (DMTF DSP0243). Throws `usage` for several machines in one. */
export function readOvf(envelope: Element, path: string): Description {
  if (at(envelope, 'VirtualSystemCollection') !== undefined) {
    throw new RestituteError('usage', `description ${path}: it describes several machines`, {
      hint: 'declare one description for each machine',
    })
  }
  const files = new Map(children(at(envelope, 'References'), 'File').map((file) => [idOf(file), file]))
  const disks = children(at(envelope, 'DiskSection'), 'Disk')
  const used = new Set(disks.map((disk) => attribute(disk, 'fileRef') ?? ''))
  return {
    facts: factsOf(at(envelope, 'VirtualSystem')),
    disks: disks.map((disk, i) => diskOf(disk, i, files)),
    files: [...files].filter(([id]) => !used.has(id)).map(([id, file]) => fileOf(id, file)),
    generated: envelope.getAttributeNS(ownNamespace, 'generated') === 'true',
    bare: envelope.getAttributeNS(ownNamespace, 'bare') === 'true',
  }
}

function idOf(file: Element): string {
  return attribute(file, 'id') ?? attribute(file, 'href') ?? ''
}

function diskOf(disk: Element, i: number, files: ReadonlyMap<string, Element>): DescribedDisk {
  const name = attribute(disk, 'diskId') ?? `disk-${i + 1}`
  const file = files.get(attribute(disk, 'fileRef') ?? '')
  const href = attribute(file, 'href')
  if (file === undefined || href === undefined)
    return { name, lost: 'a disk that the description gives no file' }
  if (isPacked(file)) return { name, lost: 'a disk in a compressed or chunked file' }
  const format = formatIn(attribute(disk, 'format') ?? '') ?? formatOfName(href)
  return { name, file: href, ...(format && { format }) }
}

/** Formats are named by the addresses of their specifications. */
function formatIn(uri: string): ImageFormat | undefined {
  return (['qcow2', 'vmdk', 'vhdx', 'vhd', 'vdi'] as const).find((format) =>
    uri.toLowerCase().includes(format === 'qcow2' ? 'qcow' : format),
  )
}

function isPacked(file: Element): boolean {
  const compression = attribute(file, 'compression') ?? 'identity'
  return (compression !== 'identity' && compression !== '') || attribute(file, 'chunkSize') !== undefined
}

function fileOf(id: string, file: Element): DescribedFile {
  const own = /^(file\/|description$)/.test(id)
  const kind = id === 'description' ? id : (/^file\/(nvram|tpm)\b/.exec(id)?.[1] ?? 'file')
  const lost = isPacked(file) ? { lost: 'a compressed or chunked file' } : {}
  return { id: own ? id : `file/${id}`, kind, file: attribute(file, 'href') ?? '', ...lost }
}

const resource = { cpu: '3', memory: '4', network: '10' }

function factsOf(system: Element | undefined): MachineFacts {
  const hardware = at(system, 'VirtualHardwareSection')
  const items = children(hardware, 'Item')
  const [cpu] = ofType(items, resource.cpu)
  const [memory] = ofType(items, resource.memory)
  const configs = new Map(
    children(hardware, 'Config').map((one) => [attribute(one, 'key'), attribute(one, 'value')]),
  )
  const name = textOf(at(system, 'Name')) ?? attribute(system, 'id')
  const [cpus, bytes] = [count(quantity(cpu)), memoryOf(memory)]
  const [arch, tpm] = [configs.get('arch'), configs.get('tpm')]
  return {
    ...(name !== undefined && { name }),
    ...(arch !== undefined && { arch }),
    ...(cpus !== undefined && { cpus }),
    ...(bytes !== undefined && { memory: bytes }),
    ...(tpm !== undefined && { tpm }),
    firmware: configs.get('firmware') === 'efi' ? 'uefi' : 'bios',
    networks: ofType(items, resource.network).map((card) => {
      const [mac, model] = [textOf(at(card, 'Address')), textOf(at(card, 'ResourceSubType'))]
      return { ...(mac !== undefined && { mac }), ...(model !== undefined && { model }) }
    }),
  }
}

function ofType(items: readonly Element[], type: string): Element[] {
  return items.filter((item) => textOf(at(item, 'ResourceType')) === type)
}

function quantity(item: Element | undefined): string | undefined {
  return textOf(at(item, 'VirtualQuantity'))
}

/** `byte * 2^20`; older writers say MegaBytes. */
function memoryOf(item: Element | undefined): number | undefined {
  const amount = count(quantity(item))
  const unit = textOf(at(item, 'AllocationUnits')) ?? 'byte * 2^20'
  const power = /^byte\s*\*\s*2\s*\^\s*(\d{1,2})$/.exec(unit)?.[1] ?? (/^mega/i.test(unit) ? '20' : undefined)
  if (amount === undefined) return undefined
  return unit === 'byte' ? amount : power === undefined ? undefined : amount * 2 ** Number(power)
}
