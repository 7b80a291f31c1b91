import { ownNamespace } from './ovf-read.ts'
import type { Sheet } from './sheet.ts'
import { escaped as xml } from './xml.ts'

const formats: Readonly<Record<string, string>> = {
  raw: 'urn:restitute:disk:raw',
  qcow2: 'http://www.gnome.org/~markmc/qcow-image-format.html',
  vmdk: 'http://www.vmware.com/interfaces/specifications/vmdk.html#monolithicSparse',
  'stream-vmdk': 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized',
  vdi: 'http://www.virtualbox.org/ovf/diskformats/vdi.html',
  vhd: 'http://technet.microsoft.com/en-us/library/bb676673.aspx#vhd',
  vhdx: 'https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx#vhdx',
}

/** An OVF 1.x envelope of a machine (DMTF DSP0243), whose files keep the ids of their items. */
export function writeOvf({ facts, disks, files, bare }: Sheet): string {
  const references = [
    ...disks.map(({ name, href }) => `    <File ovf:id="disk/${xml(name)}" ovf:href="${xml(href)}"/>`),
    ...files.map(
      ({ id, href, bytes }) => `    <File ovf:id="${xml(id)}" ovf:href="${xml(href)}" ovf:size="${bytes}"/>`,
    ),
  ]
  const sections = disks.map(
    ({ name, bytes, format }) =>
      `    <Disk ovf:diskId="${xml(name)}" ovf:fileRef="disk/${xml(name)}" ovf:capacity="${bytes}" ovf:format="${xml(formats[format] ?? format)}"/>`,
  )
  const { name = 'machine', firmware = 'bios', arch, tpm } = facts
  const configs = [
    ['firmware', firmware === 'uefi' ? 'efi' : 'bios'],
    ...(arch === undefined ? [] : [['arch', arch]]),
    ...(tpm === undefined ? [] : [['tpm', tpm]]),
  ].map(
    ([key = '', value = '']) =>
      `      <vmw:Config ovf:required="false" vmw:key="${key}" vmw:value="${xml(value)}"/>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:own="${ownNamespace}" own:generated="true"${bare ? ' own:bare="true"' : ''}>
  <References>
${references.join('\n')}
  </References>
  <DiskSection>
    <Info>Disks as the guest sees them</Info>
${sections.join('\n')}
  </DiskSection>
  <VirtualSystem ovf:id="machine">
    <Info>A machine</Info>
${facts.name === undefined ? '' : `    <Name>${xml(name)}</Name>\n`}    <VirtualHardwareSection>
      <Info>Hardware</Info>
${[...hardware({ facts, disks, files }), ...configs].join('\n')}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`
}

/** Items in the order of their numbers: processors, memory, one controller, disks, network cards. */
function hardware({ facts, disks }: Sheet): string[] {
  const { cpus, memory, networks } = facts
  const items: string[][] = []
  const add = (...elements: string[]): number => items.push(elements)
  if (cpus !== undefined) add('ResourceType>3', `VirtualQuantity>${cpus}`)
  if (memory !== undefined) add('AllocationUnits>byte', 'ResourceType>4', `VirtualQuantity>${memory}`)
  const controller = add('Address>0', 'ResourceType>20')
  const attached = disks.filter(({ spare }) => spare !== true)
  attached.forEach(({ name }, i) =>
    add(
      `AddressOnParent>${i}`,
      `HostResource>ovf:/disk/${xml(name)}`,
      `Parent>${controller}`,
      'ResourceType>17',
    ),
  )
  for (const { mac, model } of networks) {
    add(
      ...(mac === undefined ? [] : [`Address>${xml(mac)}`]),
      ...(model === undefined ? [] : [`ResourceSubType>${xml(model)}`]),
      'ResourceType>10',
    )
  }
  return items.map((elements, i) => item(elements, i + 1))
}

/** CIM wants the elements in alphabetical order. */
function item(elements: readonly string[], number: number): string {
  const all = [...elements, `ElementName>${number}`, `InstanceID>${number}`].toSorted()
  const lines = all.map((element) => `        <rasd:${element}</rasd:${element.split('>')[0]}>`)
  return `      <Item>\n${lines.join('\n')}\n      </Item>`
}
