import type { Element } from '@xmldom/xmldom'
import { formatNamed } from '../image/formats.ts'
import type { DescribedDisk, DescribedFile, Description } from './described.ts'
import { storageBeside } from './domain-storage.ts'
import { count, type MachineFacts, type Network } from './facts.ts'
import { at, attribute, children, textOf } from './xml.ts'

/** What a domain of libvirt says of its machine (libvirt.org/formatdomain.html). */
export function readDomain(domain: Element): Description {
  const devices = at(domain, 'devices')
  return {
    facts: factsOf(domain),
    disks: children(devices, 'disk').flatMap((disk, i) => diskOf(disk, i)),
    files: [...firmwareFiles(domain), ...tpmFiles(devices), ...storageBeside(devices)],
    generated: false,
  }
}

function factsOf(domain: Element): MachineFacts {
  const [name, arch] = [textOf(at(domain, 'name')), attribute(at(domain, 'os', 'type'), 'arch')]
  const [cpus, memory] = [count(textOf(at(domain, 'vcpu'))), memoryOf(at(domain, 'memory'))]
  const tpm = attribute(at(domain, 'devices', 'tpm', 'backend'), 'version') ?? tpmThere(domain)
  return {
    ...(name !== undefined && { name }),
    ...(arch !== undefined && { arch }),
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory }),
    ...(tpm !== undefined && { tpm }),
    firmware: isUefi(at(domain, 'os')) ? 'uefi' : 'bios',
    networks: children(at(domain, 'devices'), 'interface').map(networkOf),
  }
}

function tpmThere(domain: Element): string | undefined {
  return at(domain, 'devices', 'tpm') === undefined ? undefined : 'unknown'
}

function isUefi(os: Element | undefined): boolean {
  const loader = at(os, 'loader')
  return (
    attribute(os, 'firmware') === 'efi' ||
    attribute(loader, 'type') === 'pflash' ||
    at(os, 'nvram') !== undefined
  )
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 2 ** 10,
  KiB: 2 ** 10,
  MB: 1e6,
  M: 2 ** 20,
  MiB: 2 ** 20,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
}

function memoryOf(memory: Element | undefined): number | undefined {
  const [amount, unit] = [count(textOf(memory)), attribute(memory, 'unit') ?? 'KiB']
  const bytes = Object.hasOwn(units, unit) ? units[unit] : undefined
  return amount === undefined || bytes === undefined ? undefined : amount * bytes
}

function networkOf(card: Element): Network {
  const [mac, model] = [attribute(at(card, 'mac'), 'address'), attribute(at(card, 'model'), 'type')]
  return { ...(mac !== undefined && { mac }), ...(model !== undefined && { model }) }
}

/** A drive without a medium is nothing to deliver. */
function diskOf(disk: Element, i: number): DescribedDisk[] {
  const [source, target] = [at(disk, 'source'), at(disk, 'target')]
  const device = attribute(disk, 'device') ?? 'disk'
  const named = {
    name: attribute(target, 'dev') ?? `disk-${i + 1}`,
    device,
    ...(attribute(target, 'bus') !== undefined && { bus: attribute(target, 'bus') as string }),
  }
  if (source === undefined) {
    return device === 'disk' ? [{ ...named, lost: 'a disk that the description gives no file' }] : []
  }
  const file = attribute(source, 'file') ?? attribute(source, 'dev')
  if (file === undefined) return [{ ...named, lost: 'a disk that is neither a file nor a block device here' }]
  const format = formatNamed(attribute(at(disk, 'driver'), 'type') ?? 'raw')
  if (format === undefined) return [{ ...named, lost: 'a disk of an unknown format' }]
  const encrypted = at(source, 'encryption') ?? at(disk, 'encryption')
  return [{ ...named, file, format, ...(encrypted && { encrypted: true }) }]
}

function firmwareFiles(domain: Element): DescribedFile[] {
  const os = at(domain, 'os')
  return ['nvram', 'kernel', 'initrd'].flatMap((name) => {
    const element = at(os, name)
    const file = attribute(at(element, 'source'), 'file') ?? textOf(element)
    return file === undefined ? [] : [{ id: `file/${name}`, kind: name === 'nvram' ? name : 'file', file }]
  })
}

/** Newer libvirt says where the state of an emulated TPM lies; for others the URL of the source has to. */
function tpmFiles(devices: Element | undefined): DescribedFile[] {
  const source = at(devices, 'tpm', 'backend', 'source')
  const file = attribute(source, 'path')
  return file === undefined ? [] : [{ id: 'file/tpm', kind: 'tpm', file }]
}
