import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Programs that tests use to check us with ordinary tools, and the Debian packages that bring each. */
const programs: Readonly<Record<string, string>> = {
  gpg: 'gnupg',
  zstd: 'zstd',
  tar: 'tar',
  sha256sum: 'coreutils',
  sqlite3: 'sqlite3',
  bsdtar: 'libarchive-tools',
  openssl: 'openssl',
  psql: 'postgresql',
  setfattr: 'attr',
  setfacl: 'acl',
  '/usr/sbin/sshd': 'openssh-server',
  mariadbd: 'mariadb-server',
  mariadb: 'mariadb-client',
  radosgw: 'radosgw',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd libgoogle-perftools4',
  'radosgw-admin': 'ceph-common',
  aws: 'awscli',
  jq: 'jq',
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  umoci: 'umoci',
  'qemu-img': 'qemu-utils',
  'qemu-nbd': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  zsh: 'zsh',
  cpio: 'cpio',
  sfdisk: 'fdisk',
  mke2fs: 'e2fsprogs',
  'mkfs.btrfs': 'btrfs-progs',
  'mkfs.exfat': 'exfatprogs',
  'mount.exfat-fuse': 'exfat-fuse',
  bzip2: 'bzip2',
}

/** Installs what is missing, on Debian as root; anywhere else it leaves the machine as it is and the tests say what they skip. */
function provision(): void {
  const missing = Object.keys(programs).filter((name) => !has(name))
  if (missing.length === 0) return
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) {
    console.log(`provision: ${missing.join(', ')} not found; the tests that need them will be skipped`)
    return
  }
  const packages = [...new Set(missing.flatMap((name) => (programs[name] ?? name).split(' ')))]
  console.log(`provision: installing ${packages.join(', ')}`)
  apt(['update', '-q'])
  apt(['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages])
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0
}

function apt(args: readonly string[]): void {
  execFileSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

provision()
