import { join } from 'node:path'
import type { Sheet, SheetDisk } from './sheet.ts'
import { escaped as xml } from './xml.ts'

const qemuNames: Readonly<Record<string, string>> = { vhd: 'vpc' }

/**
 * A domain of libvirt for a machine. libvirt wants absolute paths: `folder` is where the files lie, or a word that
 * whoever uses it replaces.
 */
export function writeDomain({ facts, disks, files }: Sheet, folder: string): string {
  const { name = 'machine', arch = 'x86_64', cpus = 1, memory = 2 ** 30, firmware, networks, tpm } = facts
  const pathOf = (id: string): string | undefined => {
    const href = files.find((file) => file.id === id)?.href
    return href === undefined ? undefined : xml(join(folder, href))
  }
  const os = (['nvram', 'kernel', 'initrd'] as const).flatMap((what) => {
    const path = pathOf(`file/${what}`)
    return path === undefined ? [] : [`    <${what}>${path}</${what}>`]
  })
  const cards = networks.map(
    ({ mac, model = 'virtio' }) =>
      `    <interface type='network'><source network='default'/>${mac === undefined ? '' : `<mac address='${xml(mac)}'/>`}<model type='${xml(model)}'/></interface>`,
  )
  return `<domain type='kvm'>
  <name>${xml(name)}</name>
  <memory unit='bytes'>${memory}</memory>
  <vcpu>${cpus}</vcpu>
  <os${firmware === 'uefi' ? " firmware='efi'" : ''}>
    <type arch='${xml(arch)}'>hvm</type>
${os.map((line) => `${line}\n`).join('')}  </os>
  <features><acpi/></features>
  <devices>
${disks
  .filter(({ spare }) => spare !== true)
  .map((disk, i) => diskElement(disk, i, folder))
  .join('\n')}
${cards.map((line) => `${line}\n`).join('')}${tpm === undefined ? '' : `    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>\n`}    <serial type='pty'/>
  </devices>
</domain>
`
}

/** A disk of a foreign description may have a name that libvirt does not take. */
function diskElement(
  { name, href, format, bus, device = 'disk' }: SheetDisk,
  i: number,
  folder: string,
): string {
  const fits = /^(vd|sd|hd|xvd)[a-z]{1,2}$/.test(name)
  const target = fits ? name : `vd${String.fromCharCode(97 + (i % 26))}`
  return `    <disk type='file' device='${xml(device)}'>
      <driver name='qemu' type='${xml(qemuNames[format] ?? format)}'/>
      <source file='${xml(join(folder, href))}'/>
      <target dev='${xml(target)}' bus='${xml(fits ? (bus ?? 'virtio') : 'virtio')}'/>
    </disk>`
}
