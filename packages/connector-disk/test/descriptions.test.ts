import { createHash } from 'node:crypto'
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { diskConnector } from '../src/index.ts'
import { bringBack, calm, carry, contentOf, idsOf } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const ready = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io', 'tar')

const domain = (folder: string): string => `<domain type='kvm'>
  <name>guest &amp; co</name>
  <memory unit='KiB'>262144</memory>
  <vcpu placement='static'>2</vcpu>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
    <nvram>${folder}/nvram/guest_VARS.fd</nvram>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='${folder}/images/system.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='${folder}/images/data.img'/><target dev='sdb' bus='sata'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
    <interface type='network'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
  </devices>
</domain>
`

/** A machine as libvirt keeps it: description, images, firmware variables and TPM state in folders of their own. */
async function libvirtMachine(folder: string): Promise<string> {
  for (const name of ['etc', 'images', 'nvram', 'swtpm/tpm2']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  run('qemu-img', 'create', '-q', '-f', 'qcow2', join(folder, 'images/system.qcow2'), '2M')
  run('qemu-io', '-c', 'write -P 0x41 64k 64k', join(folder, 'images/system.qcow2'))
  // A raw disk whose guest wrote what looks like a qcow2 image of a file of the host.
  run(
    'qemu-img',
    'create',
    '-q',
    '-f',
    'qcow2',
    '-u',
    '-b',
    '/etc/passwd',
    '-F',
    'raw',
    join(folder, 'images/data.img'),
    '1M',
  )
  await truncate(join(folder, 'images/data.img'), 2 ** 20)
  await writeFile(join(folder, 'nvram/guest_VARS.fd'), Buffer.alloc(3000, 'nvram'))
  await writeFile(join(folder, 'swtpm/tpm2/tpm2-00.permall'), 'state of the TPM')
  await writeFile(join(folder, 'etc/guest.xml'), domain(folder))
  const folders = ['images', 'nvram', 'swtpm'].map((name) => `folder=${join(folder, name)}`).join('&')
  return `disk:${join(folder, 'etc/guest.xml')}?${folders}`
}

describe.skipIf(!ready)('a machine that libvirt describes', () => {
  it('that keeps data beside its disks comes with its lasting memory; folders and disks of the host are stated', async () => {
    await using temp = await tempFolder()
    const url = await libvirtMachine(temp.path)
    await writeFile(join(temp.path, 'images/pmem'), 'what lasts')
    const beside = `<memory model='nvdimm'><source><path>${temp.path}/images/pmem</path></source></memory>
      <filesystem type='mount'><source dir='/srv/records'/><target dir='records'/></filesystem>
      <filesystem type='ram'><source usage='1024'/><target dir='/tmp'/></filesystem>
      <hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/></source></hostdev>
      <hostdev mode='subsystem' type='usb'><source/></hostdev></devices>`
    const described = domain(temp.path)
      .replace('</devices>', beside)
      .replace(/<tpm.*<\/tpm>/, '')
    await writeFile(join(temp.path, 'etc/guest.xml'), described)
    const carried = await carry(url)
    expect(contentOf(carried, 'file/memory-1').toString()).toBe('what lasts')
    expect(carried.losses).toEqual([
      { item: 'file/filesystem-1', lost: expect.stringContaining('a folder of the host') },
      { item: 'file/hostdev-1', lost: expect.stringContaining('a disk of the host') },
    ])
  })

  it('comes with disks, firmware variables, TPM state, and is rebuilt as one folder', async () => {
    await using temp = await tempFolder()
    const url = `${await libvirtMachine(temp.path)}&tpm=${join(temp.path, 'swtpm')}`
    const carried = await carry(url)
    expect(carried.losses).toEqual([])
    expect(idsOf(carried)).toEqual([
      'description',
      'disk/sdb',
      'disk/vda',
      'file/nvram',
      'file/tpm-tpm2-tpm2-00.permall',
      'machine',
    ])
    expect(carried.items.at(-1)?.attributes).toEqual({
      name: 'guest & co',
      arch: 'x86_64',
      cpus: 2,
      memory: 2 ** 28,
      tpm: '2.0',
      firmware: 'uefi',
      networks: [{ mac: '52:54:00:12:34:56', model: 'virtio' }],
    })
    const raw = await readFile(join(temp.path, 'images/data.img'))
    expect(contentOf(carried, 'disk/sdb').equals(raw)).toBe(true)
    for (const format of ['raw', 'qcow2']) {
      const to = join(temp.path, `restored-${format}`)
      expect(await bringBack(carried, `disk:${to}?format=${format}`)).toEqual([])
      expect(await readFile(join(to, 'tpm-tpm2-tpm2-00.permall'), 'utf8')).toBe('state of the TPM')
      const made = await readFile(join(to, 'domain.xml'), 'utf8')
      expect(made).toContain(`<source file='${to}/vda.${format}'/>`)
      expect(made).toContain(`<nvram>${to}/nvram</nvram>`)
      expect(made).toContain('<name>guest &amp; co</name>')
    }
  })

  it('says that the state of its TPM is missing when nobody declared where it lies', async () => {
    await using temp = await tempFolder()
    const { losses } = await carry(await libvirtMachine(temp.path))
    expect(losses.map(({ item }) => item)).toEqual(['file/tpm'])
  })

  it('refuses as the state of its TPM a folder that holds more: what it left out was in no package', async () => {
    await using temp = await tempFolder()
    const url = `${await libvirtMachine(temp.path)}&tpm=${join(temp.path, 'swtpm')}`
    for (let i = 0; i < 100; i++) await writeFile(join(temp.path, `swtpm/${i}`), 'of another machine')
    await expect(carry(url)).rejects.toMatchObject({ code: 'usage' })
  })

  it('states a disk as lost that only the host can decipher', async () => {
    await using temp = await tempFolder()
    const url = await libvirtMachine(temp.path)
    const key = "<encryption format='luks'><secret type='passphrase' usage='key'/></encryption>"
    const text = domain(temp.path).replace(/data\.img'\/>/, `data.img'>${key}</source>`)
    await writeFile(join(temp.path, 'etc/guest.xml'), text)
    const { losses } = await carry(url)
    expect(losses).toContainEqual({ item: 'disk/sdb', lost: 'encrypted: its content needs a key' })
    await Array.fromAsync((await diskConnector.destroyer({ name: 'guest', url }, calm)).destroy(calm))
    expect(run('find', temp.path, '-name', '*.img')).toBe('')
  })

  it('is destroyed with all that its description names, and its neighbours stay', async () => {
    await using temp = await tempFolder()
    const url = `${await libvirtMachine(temp.path)}&tpm=${join(temp.path, 'swtpm')}`
    await writeFile(join(temp.path, 'images/other.raw'), 'another machine')
    const source = { name: 'guest', url }
    const siblings = await Array.fromAsync(diskConnector.siblings(source, calm))
    expect(siblings.map((sibling) => sibling.url)).toEqual([`disk:${join(temp.path, 'images/other.raw')}`])
    await using destroyer = await diskConnector.destroyer(source, calm)
    await using prober = await diskConnector.prober(source, calm)
    expect(await prober.look(calm)).toMatchObject({ state: 'present', fingerprint: destroyer.fingerprint })
    await Array.fromAsync(destroyer.destroy(calm))
    expect((await prober.look(calm)).state).toBe('absent')
    expect(run('find', temp.path, '-type', 'f')).toBe(`${join(temp.path, 'images/other.raw')}\n`)
  })

  it('is refused when a disk lies in a folder that nobody declared', async () => {
    await using temp = await tempFolder()
    const url = (await libvirtMachine(temp.path)).replace(/folder=[^&]*images&/, '')
    await expect(carry(url)).rejects.toMatchObject({ code: 'hostile-input' })
  })
})

const envelope = (format: string): string => `<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
  <References><File ovf:href="guest-disk1.vmdk" ovf:id="file1"/><File ovf:href="guest.nvram" ovf:id="file2"/></References>
  <DiskSection><Info/><Disk ovf:capacity="2" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="vmdisk1"
    ovf:fileRef="file1" ovf:format="${format}"/></DiskSection>
  <VirtualSystem ovf:id="guest"><Info/><VirtualHardwareSection><Info/>
    <Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>
    <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType>
      <rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>
  </VirtualHardwareSection></VirtualSystem>
</Envelope>
`

/** What ovftool and VirtualBox export: an envelope, its manifest, a stream-optimised disk. */
async function ovfMachine(folder: string): Promise<string> {
  const at = (name: string): string => join(folder, name)
  run('qemu-img', 'create', '-q', '-f', 'raw', at('disk.raw'), '2M')
  run('qemu-io', '-f', 'raw', '-c', 'write -P 0x43 128k 64k', at('disk.raw'))
  run(
    'qemu-img',
    'convert',
    '-q',
    '-O',
    'vmdk',
    '-o',
    'subformat=streamOptimized',
    at('disk.raw'),
    at('guest-disk1.vmdk'),
  )
  await writeFile(at('guest.nvram'), 'variables')
  await writeFile(
    at('guest.ovf'),
    envelope('http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized'),
  )
  const lines = await Promise.all(
    ['guest.ovf', 'guest-disk1.vmdk', 'guest.nvram'].map(async (name) => {
      const digest = createHash('sha256')
        .update(await readFile(at(name)))
        .digest('hex')
      return `SHA256(${name})= ${digest}\n`
    }),
  )
  await writeFile(at('guest.mf'), lines.join(''))
  return at('disk.raw')
}

describe.skipIf(!ready)('what hypervisors export', () => {
  it.each(['ovf', 'ova'])('as %s comes whole, checked by its manifest, and is rebuilt', async (kind) => {
    await using temp = await tempFolder()
    const raw = await readFile(await ovfMachine(temp.path))
    const files = ['guest.ovf', 'guest.mf', 'guest-disk1.vmdk', 'guest.nvram']
    if (kind === 'ova')
      run('tar', '-C', temp.path, '-cf', join(temp.path, 'guest.ova'), '--format=ustar', ...files)
    const carried = await carry(`disk:${join(temp.path, `guest.${kind}`)}`)
    expect(carried.losses).toEqual([])
    expect(idsOf(carried)).toEqual(['description', 'disk/vmdisk1', 'file/file2', 'machine'])
    expect(contentOf(carried, 'disk/vmdisk1').equals(raw)).toBe(true)
    expect(contentOf(carried, 'file/file2').toString()).toBe('variables')
    expect(contentOf(carried, 'description').toString()).toContain('<Envelope')
    expect(await bringBack(carried, `disk:${join(temp.path, 'back')}?format=vmdk`)).toEqual([])
  })

  it('is rebuilt as an OVA on request, which tar, sha256sum and qemu-img read', async () => {
    await using temp = await tempFolder()
    const raw = await ovfMachine(temp.path)
    const carried = await carry(`disk:${join(temp.path, 'guest.ovf')}`)
    const to = join(temp.path, 'back/again.ova')
    await mkdir(join(temp.path, 'back'))
    expect(await bringBack(carried, `disk:${to}`)).toEqual([])
    const listed = run('tar', '-tf', to).trim().split('\n')
    expect(listed.slice(0, 2)).toEqual(['machine.ovf', 'machine.mf'])
    const out = join(temp.path, 'out')
    await mkdir(out)
    run('tar', '-C', out, '-xf', to)
    const sums = String.raw`sed 's/SHA256(\(.*\))= \(.*\)/\2  \1/' machine.mf | sha256sum -c --quiet`
    run('sh', '-c', `cd ${out} && ${sums}`)
    expect(run('qemu-img', 'compare', raw, join(out, 'vmdisk1.vmdk'))).toContain('identical')
  })

  it('one image alone becomes an OVA, too', async () => {
    await using temp = await tempFolder()
    const raw = await ovfMachine(temp.path)
    expect(await bringBack(await carry(`disk:${raw}`), `disk:${join(temp.path, 'back.ova')}`)).toEqual([])
    expect(run('ls', temp.path)).not.toContain('restitute')
  })

  it('is lost, not delivered as whole, where a file is not what its manifest promises', async () => {
    await using temp = await tempFolder()
    await ovfMachine(temp.path)
    const manifest = await readFile(join(temp.path, 'guest.mf'), 'utf8')
    await writeFile(join(temp.path, 'guest.mf'), manifest.replace(/(disk1.vmdk\)= ).{8}/, '$100000000'))
    await writeFile(join(temp.path, 'guest.nvram'), 'other')
    const { losses } = await carry(`disk:${join(temp.path, 'guest.ovf')}`)
    expect(losses.map(({ item }) => item)).toEqual(['disk/vmdisk1', 'file/file2'])
  })

  it.each([
    ['a document type', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Envelope/>'],
    ['no XML', 'not XML'],
    ['a disk elsewhere', envelope('vmdk').replace('guest-disk1.vmdk', '../../../../../../etc/passwd')],
    ['a disk behind a protocol', envelope('vmdk').replace('guest-disk1.vmdk', 'json:{}')],
  ])('is refused with %s', async (_, text) => {
    await using temp = await tempFolder()
    await writeFile(join(temp.path, 'guest.ovf'), text)
    await expect(carry(`disk:${join(temp.path, 'guest.ovf')}`)).rejects.toMatchObject({
      code: 'hostile-input',
    })
  })
})
