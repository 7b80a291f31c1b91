import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { hasMysql, mysqlRoot } from './mysql.ts'

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
  mmdebstrap: 'mmdebstrap',
}

/** Installs what is missing, on Debian as root; anywhere else it leaves the machine as it is and the tests say what they skip. */
function provision(): void {
  const missing = Object.keys(programs).filter((name) => !has(name))
  if (missing.length === 0) return
  if (!canInstall()) {
    console.log(`provision: ${missing.join(', ')} not found; the tests that need them will be skipped`)
    return
  }
  const packages = [...new Set(missing.flatMap((name) => (programs[name] ?? name).split(' ')))]
  console.log(`provision: installing ${packages.join(', ')}`)
  apt(['update', '-q'])
  apt(['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages])
}

/** Not by installing them: this machine's own release has no MySQL, and its libraries are older. */
function unpackMysql(): void {
  if (hasMysql() || !canInstall() || process.arch !== 'x64') return
  console.log('provision: unpacking mysql-server-core, mysql-client-core of Debian unstable')
  const options = ['--variant=extract', '--quiet', '--aptopt=Acquire::Check-Valid-Until "false"']
  const include = '--include=mysql-server-core,mysql-client-core'
  rmSync(mysqlRoot, { recursive: true, force: true })
  const { status } = spawnSync('mmdebstrap', [...options, include, 'unstable', mysqlRoot], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status === 0) return
  console.log('provision: it could not be had; the tests that need MySQL will be left out')
  rmSync(mysqlRoot, { recursive: true, force: true })
}

function canInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0
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
unpackMysql()
