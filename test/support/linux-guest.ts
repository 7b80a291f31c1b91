import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shell } from './torture-tree.ts'

/** The programs that making and booting a guest needs. */
export const guestPrograms: readonly string[] = [
  'qemu-img',
  'qemu-system-x86_64',
  'busybox',
  'cpio',
  'mke2fs',
  'sfdisk',
]

/** What a Linux kernel needs to mount an ext4 file system on a virtio disk, in the order of their loading. */
const modules =
  'virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk crc16 crc32c_generic libcrc32c mbcache jbd2 ext4'.split(
    ' ',
  )

/** A Debian kernel for guests, unpacked and kept from one run to the next; nothing where there is no such package. */
export function guestKernel(): string | undefined {
  const kept = join(tmpdir(), 'restitute-guest-kernel')
  if (existsSync(kept)) return kept
  try {
    const made = `${kept}.${process.pid}`
    mkdirSync(made)
    const depends = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64']).toString()
    const name = /Depends: (\S+)/.exec(depends)?.[1] ?? ''
    execFileSync('apt-get', ['download', name], { cwd: made, stdio: 'ignore' })
    const file = readdirSync(made).find((one) => one.endsWith('.deb')) ?? ''
    execFileSync('dpkg-deb', ['-x', file, '.'], { cwd: made })
    rmSync(join(made, file))
    renameSync(made, kept)
    return kept
  } catch {
    return undefined
  }
}

const initrdScript = `#!/bin/sh
B=/bin/busybox; $B mount -t proc p /proc; $B mount -t sysfs s /sys; $B mount -t devtmpfs d /dev
for m in $($B cat /order); do $B insmod /m/$m.ko; done
i=0; while [ ! -b /dev/vda1 ] && [ $i -lt 600 ]; do $B usleep 100000; i=$((i+1)); done
$B mount -t ext4 /dev/vda1 /r && exec $B switch_root /r /sbin/init
`

/** At its first start the guest writes files of its own; from then on it verifies all its files. */
const guestScript = `#!/bin/busybox sh
B=/bin/busybox; $B mount -t devtmpfs d /dev; $B mount -t proc p /proc; cd /
if [ -e OWN ]; then
  $B sha256sum -c SUMS OWN >/dev/ttyS0 2>&1 && echo "GUEST VERIFIED $($B cat /etc/hostname)" >/dev/ttyS0
else
  $B dd if=/dev/urandom of=data/own.bin bs=64k count=30 2>/dev/null
  $B rm data/old.bin
  $B sha256sum data/own.bin >OWN; $B sync; $B mount -o remount,ro / && echo "GUEST WROTE" >/dev/ttyS0
fi
$B poweroff -f
`

/** A machine in a folder: kernel and initial RAM disk beside a GPT disk whose one partition is the root of a Linux. */
export async function makeGuest(folder: string, kernel: string): Promise<void> {
  const ordered = modules.filter((name) => moduleFile(kernel, name) !== undefined)
  await shell('mkdir -p work/i/bin work/i/m work/i/proc work/i/sys work/i/dev work/i/r', folder)
  for (const name of ordered) execFileSync('cp', [moduleFile(kernel, name) ?? '', `${folder}/work/i/m/`])
  writeFileSync(join(folder, 'work/i/order'), ordered.join('\n'))
  writeFileSync(join(folder, 'work/i/init'), initrdScript, { mode: 0o755 })
  await shell(
    `cp "$(command -v busybox)" work/i/bin/busybox && ln -s busybox work/i/bin/sh
     (cd work/i && find . | cpio -o -H newc --quiet | gzip -1) > initrd.gz
     cp ${kernel}/boot/vmlinuz-* vmlinuz`,
    folder,
  )
  await makeRoot(folder)
  await shell('rm -r work', folder)
}

async function makeRoot(folder: string): Promise<void> {
  await shell('mkdir -p work/t/bin work/t/sbin work/t/etc work/t/data work/t/dev work/t/proc', folder)
  writeFileSync(join(folder, 'work/t/sbin/init'), guestScript, { mode: 0o755 })
  await shell(
    `cd work/t && cp "$(command -v busybox)" bin/busybox && echo guest-42 > etc/hostname
     head -c 1500000 /dev/urandom > data/a.bin && head -c 700000 /dev/urandom > data/old.bin
     sha256sum data/a.bin bin/busybox etc/hostname > SUMS && cd ../..
     truncate -s 96M root.raw
     echo 'label: gpt
start=2048, name=root' | sfdisk -q root.raw
     mke2fs -q -t ext4 -d work/t -E offset=1048576 root.raw 90000k
     qemu-img convert -q -O qcow2 -c root.raw base.qcow2 && rm root.raw
     qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 system.qcow2`,
    folder,
  )
}

function moduleFile(kernel: string, name: string): string | undefined {
  const found = execFileSync('find', [`${kernel}/lib/modules`, '-name', `${name}.ko`])
    .toString()
    .trim()
  return found === '' ? undefined : found.split('\n')[0]
}

/** Starts the machine of a folder under software emulation, and gives what it wrote to its serial line. */
export async function bootGuest(folder: string, disk: string, format: string): Promise<string> {
  const machine = '-accel tcg -m 256 -nodefaults -no-user-config -display none -no-reboot -serial stdio'
  const boot = `-kernel vmlinuz -initrd initrd.gz -append 'console=ttyS0 quiet panic=-1'`
  const drive = `-drive file=${disk},format=${format},if=virtio`
  return shell(`timeout 120 qemu-system-x86_64 ${machine} ${boot} ${drive}`, folder)
}
