import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { fileEntry, temporaryFolder } from './helpers.ts'
import { newPerson, type Person, samplePackage, sampleSources } from './sample-package.ts'
import { contentAfterExtraction } from './special-files.ts'

let folder: string
let gnupg: string
let client: Person
let host: Person
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'restitute-tools-')), 'R1-0001')
  gnupg = mkdtempSync(join(tmpdir(), 'gnupg-'))
  client = await newPerson('client')
  host = await newPerson('host')
  await samplePackage(folder, client, host)
  const imported = spawnSync('gpg', ['--batch', '--import'], {
    env: environment(),
    input: client.armoredPrivate,
  })
  if (imported.status !== 0) throw new Error(imported.stderr.toString())
})
afterAll(() => {
  spawnSync('gpgconf', ['--kill', 'all'], { env: environment() })
  for (const path of [join(folder, '..'), gnupg]) rmSync(path, { recursive: true, force: true })
})

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, GNUPGHOME: gnupg, LC_ALL: 'C.UTF-8' }
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment() })
  return { status, output: `${stdout.toString()}${stderr.toString()}` }
}

async function expectExtracted(to: string): Promise<void> {
  expect(readdirSync(to).sort()).toEqual(Object.keys(sampleSources).sort())
  const names = ['random.bin', 'same.bin'].map((name) => lstatSync(join(to, 'documents/data', name)))
  expect(names.map(({ ino, nlink }) => [ino, nlink])).toEqual(Array(2).fill([names[0]?.ino, 2]))
  expect(lstatSync(join(to, 'documents/data/all-hole.bin')).blocks).toBe(0)
  for (const [source, { shards }] of Object.entries(sampleSources)) {
    for (const entry of shards.flat()) {
      const got = readFileSync(join(to, source, entry.path))
      expect(got.equals(await contentAfterExtraction(entry, shards.flat())), entry.path).toBe(true)
    }
  }
}

describe('gpg, zstd, tar and sha256sum', () => {
  it('check and read all of a package as README.md says', async () => {
    const to = temporaryFolder()
    const script = `set -eo pipefail
      gpg --batch --import keys/*.asc
      gpg --batch --status-fd 1 --verify manifest.json.${host.key.fingerprint}.asc manifest.json |
        grep -q 'VALIDSIG.*${host.key.fingerprint.toUpperCase()}$'
      sha256sum -c --strict SHA256SUMS
      tr '{' '\\n' < manifest.json | sed -n 's/.*"name":"\\([^"]*\\)".*"sha256":"\\([0-9a-f]*\\)".*/\\2  \\1/p' |
        grep -E '  (index|volumes)/' | LC_ALL=C sort | diff - <(LC_ALL=C sort SHA256SUMS)
      for v in volumes/*.tar.zst.pgp; do gpg --batch --decrypt "$v" | zstd -dc | tar -xpf - -C ${to}; done
      gpg --batch --decrypt index/records-01.jsonl.zst.pgp | zstd -dc | grep -q '"entry":"data/tables/patients/'
      cd ${to}/records && sha256sum -c --strict tagmanifest-sha256.txt manifest-sha256.txt`
    const { status, output } = run('bash', ['-c', script], folder)
    expect(status, output).toBe(0)
    await expectExtracted(to)
  })

  it.each([
    ['README.md', 'R1-0001-extracted'],
    ['LISEZMOI.md', 'R1-0001-extrait'],
  ])('extract as %s says, for nobody else to read', (text, to) => {
    const [, ...blocks] = readFileSync(join(folder, text), 'utf8').split(/(?<=\n\n) {4}(?=set -)/)
    for (const block of blocks) {
      const commands = /^.*(?:\n {4}.*)*/.exec(block)?.[0] ?? ''
      const { status, output } = run('bash', ['-c', `umask 022; ${commands}`], folder)
      expect(status, output).toBe(0)
      const made = join(folder, '..', to)
      expect(lstatSync(made).mode & 0o077).toBe(0)
      rmSync(made, { recursive: true })
    }
    expect(blocks.length).toBe(2)
  })

  it.each([
    ['README.md', 'R1-0001-extracted', 'FAILED: volumes/'],
    ['LISEZMOI.md', 'R1-0001-extrait', 'ÉCHEC : volumes/'],
  ])('say, as %s has them, where they failed, and leave the terminal open', (text, to, says) => {
    const all = /^ {4}set -[^]*?^ {4}done$/m.exec(
      readFileSync(join(folder, text), 'utf8').split('## 4.')[1] ?? '',
    )
    const typed = `exec 2>&1\n${all?.[0] ?? ''}\nfalse\necho still here\n`
    const { stdout } = spawnSync('bash', ['--norc', '-i'], {
      cwd: folder,
      env: { ...environment(), GNUPGHOME: join(gnupg, 'none') },
      input: typed,
    })
    expect(stdout.toString()).toContain(says)
    expect(stdout.toString()).toContain('still here')
    rmSync(join(folder, '..', to), { recursive: true })
  })

  it('keep times to the nanosecond', () => {
    const to = temporaryFolder()
    const script = `set -eo pipefail; gpg --batch --decrypt volumes/000001.tar.zst.pgp | zstd -dc | tar -xpf - -C ${to}
      stat -c %.9Y ${to}/records/tree-000001.jsonl`
    expect(run('bash', ['-c', script], folder).output).toContain('1700000000.123456789')
  })
})

describe('open.sh', () => {
  const openSh = (where: string, to: string, fingerprint = host.key.fingerprint) =>
    run('dash', [join(where, 'open.sh'), fingerprint, to], join(where, '..'))

  it('checks and extracts a whole package in dash, also with a fingerprint in groups', async () => {
    const to = join(temporaryFolder(), 'to')
    const grouped = host.key.fingerprint.toUpperCase().replace(/(.{4})/g, '$1 ')
    const { status, output } = openSh(folder, to, grouped)
    expect(status, output).toBe(0)
    await expectExtracted(to)
    expect(output).toContain('extracted to')
  })

  /** Runs open.sh on a package of these sources as an ordinary user; where it all is, and what it said. */
  async function openAsOrdinaryUser(
    sources: Parameters<typeof samplePackage>[3],
    path = process.env['PATH'],
  ): Promise<{ parent: string; status: number | null; output: string }> {
    const parent = temporaryFolder()
    await samplePackage(join(parent, 'R1-0001'), client, host, sources)
    cpSync(gnupg, join(parent, 'gnupg'), { recursive: true, filter: (name) => !/S\.|\.lock$/.test(name) })
    const [uid, gid] = process.getuid?.() === 0 ? [65534, 65534] : []
    if (uid !== undefined) spawnSync('chown', ['-R', `${uid}:${gid}`, parent])
    const { status, stdout, stderr } = spawnSync(
      'sh',
      [join(parent, 'R1-0001/open.sh'), host.key.fingerprint, join(parent, 'to')],
      { cwd: parent, env: { ...environment(), PATH: path, GNUPGHOME: join(parent, 'gnupg') }, uid, gid },
    )
    return { parent, status, output: `${stdout.toString()}${stderr.toString()}` }
  }

  it('lets an ordinary user read what even its owner could not', async () => {
    const closed = { path: 'data/closed', mode: 0o000, modified: 1_600_000_000_000_000_000n }
    const shadow = fileEntry('data/closed/shadow', 'root:*\n', { mode: 0o000 })
    const sources = { machine: { shards: [[shadow]], directories: [closed] } }
    const { parent, status, output } = await openAsOrdinaryUser(sources)
    expect(status, output).toBe(0)
    expect(readFileSync(join(parent, 'to/machine/data/closed/shadow'), 'utf8')).toBe('root:*\n')
    const { mode, mtimeMs } = lstatSync(join(parent, 'to/machine/data/closed'))
    expect([mode & 0o777, mtimeMs]).toEqual([0o500, 1_600_000_000_000])
  })

  it.runIf(havePrograms('bsdtar'))(
    'reads with bsdtar what bears attributes that it may not set',
    async () => {
      const tools = temporaryFolder()
      const found = spawnSync('sh', ['-c', 'command -v bsdtar']).stdout.toString().trim()
      symlinkSync(found, join(tools, 'tar'))
      chmodSync(tools, 0o755)
      const file = fileEntry('data/file', 'x', { mode: 0o640, pax: { 'SCHILY.xattr.trusted.note': 'x' } })
      const sources = { machine: { shards: [[file]], directories: [] } }
      const { status, output } = await openAsOrdinaryUser(sources, `${tools}:${process.env['PATH']}`)
      expect(status, output).toBe(0)
    },
  )

  const faults: Record<string, { change: (where: string) => void; says: string }> = {
    'another signer': { change: () => {}, says: 'no signature by this key' },
    'a changed manifest': {
      change: (where) => replaceIn(join(where, 'manifest.json'), '"sequence":1', '"sequence":2'),
      says: 'signature of manifest.json does not hold',
    },
    'a damaged volume': {
      change: (where) => appendFileSync(join(where, 'volumes/000002.tar.zst.pgp'), 'x'),
      says: 'not as it was signed',
    },
    'a missing index': {
      change: (where) => rmSync(join(where, 'index/records-01.jsonl.zst.pgp')),
      says: 'not as it was signed',
    },
    'a changed README': {
      change: (where) => appendFileSync(join(where, 'README.md'), 'x'),
      says: 'not as it was signed',
    },
    'a volume too many': {
      change: (where) =>
        cpSync(join(where, 'volumes/000001.tar.zst.pgp'), join(where, 'volumes/000009.tar.zst.pgp')),
      says: 'does not name',
    },
    'another file too many': {
      change: (where) => writeFileSync(join(where, 'readme.exe'), 'x'),
      says: 'does not name',
    },
    'two volumes swapped': {
      change: (where) => {
        const [a, b, c] = ['1', '2', 'x'].map((n) => join(where, `volumes/00000${n}.tar.zst.pgp`)) as [
          string,
          string,
          string,
        ]
        renameSync(a, c)
        renameSync(b, a)
        renameSync(c, b)
      },
      says: 'not as it was signed',
    },
    'changed sums': {
      change: (where) => appendFileSync(join(where, 'SHA256SUMS'), '\n'),
      says: 'SHA256SUMS is not',
    },
  }
  for (const [fault, { change, says }] of Object.entries(faults)) {
    it(`refuses ${fault} and extracts nothing`, () => {
      const parent = temporaryFolder()
      const copy = join(parent, 'package')
      cpSync(folder, copy, { recursive: true })
      change(copy)
      const signer = fault === 'another signer' ? client.key.fingerprint : host.key.fingerprint
      const { status, output } = openSh(copy, join(parent, 'to'), signer)
      expect(status, output).toBe(1)
      expect(output).toContain(says)
      expect(readdirSync(parent)).toEqual(['package'])
    })
  }

  it('accepts a signature whose key has expired since', async () => {
    const parent = temporaryFolder()
    const expired = await newPerson('expired', 3600)
    await samplePackage(join(parent, 'package'), client, expired)
    const { status, output } = openSh(join(parent, 'package'), join(parent, 'to'), expired.key.fingerprint)
    expect(status, output).toBe(0)
  })

  it('does not take a signature file of another key under the wanted name', () => {
    const parent = temporaryFolder()
    const copy = join(parent, 'package')
    cpSync(folder, copy, { recursive: true })
    renameSync(
      join(copy, `manifest.json.${host.key.fingerprint}.asc`),
      join(copy, `manifest.json.${client.key.fingerprint}.asc`),
    )
    const { status, output } = openSh(copy, join(parent, 'to'), client.key.fingerprint)
    expect(status).toBe(1)
    expect(output).toContain('does not hold for this key')
  })

  it('leaves nothing when a volume cannot be decrypted', () => {
    const parent = temporaryFolder()
    const empty = join(parent, 'gnupg')
    const script = `mkdir -m 700 ${empty}; GNUPGHOME=${empty} dash ${join(folder, 'open.sh')} ${host.key.fingerprint} ${join(parent, 'to')}
      status=$?; gpgconf --homedir ${empty} --kill all; exit $status`
    const { status, output } = run('bash', ['-c', script], parent)
    expect(status).toBe(1)
    expect(output).toContain('cannot be decrypted')
    expect(readdirSync(parent)).toEqual(['gnupg'])
  })

  it.runIf(havePrograms('zsh'))('leaves nothing in zsh either, which has variables of its own', () => {
    const parent = temporaryFolder()
    const copy = join(parent, 'package')
    cpSync(folder, copy, { recursive: true })
    appendFileSync(join(copy, 'volumes/000002.tar.zst.pgp'), 'x')
    const script = [join(copy, 'open.sh'), host.key.fingerprint, join(parent, 'to')]
    const { status, output } = run('zsh', script, parent)
    expect([status, readdirSync(parent)], output).toEqual([1, ['package']])
    expect(output).not.toContain('read-only')
  })

  it('asks for a whole fingerprint and a new folder', () => {
    expect(openSh(folder, '/tmp').output).toContain('already exists')
    expect(openSh(folder, join(temporaryFolder(), 'to'), host.key.fingerprint.slice(-16)).output).toContain(
      'not 40 or 64',
    )
    expect(run('dash', [join(folder, 'open.sh')], folder).output).toContain('usage')
  })

  it.runIf(havePrograms('setfacl'))(
    'extracts for nobody else to read, whatever the folder above hands down',
    () => {
      const parent = temporaryFolder()
      expect(run('setfacl', ['-d', '-m', 'user:65534:rwx,group::rwx,other::rwx', '.'], parent).status).toBe(0)
      const { status, output } = openSh(folder, join(parent, 'to'))
      expect(status, output).toBe(0)
      expect(lstatSync(join(parent, 'to')).mode & 0o077).toBe(0)
    },
  )

  it('says at once that it cannot write there, before it reads the volumes', () => {
    for (const to of ['/nonexistent/to', '/proc/to']) {
      const { status, output } = openSh(folder, to)
      expect(status).toBe(1)
      expect(output).not.toContain('OK')
      expect(output).toContain(to.slice(0, to.lastIndexOf('/')))
    }
  })

  it('opens the package that it lies in, not another one of that name on the CDPATH of its user', () => {
    const here = temporaryFolder()
    cpSync(folder, join(here, 'R1-0001'), { recursive: true })
    appendFileSync(join(here, 'R1-0001/volumes/000001.tar.zst.pgp'), 'x')
    const command = [`CDPATH=${join(folder, '..')}`, 'dash', 'R1-0001/open.sh', host.key.fingerprint, 'to']
    expect(run('env', command, here).status).toBe(1)
    expect(readdirSync(here)).toEqual(['R1-0001'])
  })

  it('puts nothing into the package, which would no longer be what was signed', () => {
    const names = readdirSync(folder)
    const into = (to: string) => run('dash', ['open.sh', host.key.fingerprint, to], folder)
    expect(into('out').output).toContain('inside the package')
    expect(into('index/out').output).toContain('inside the package')
    expect(readdirSync(folder)).toEqual(names)
    expect(into('../beside').output).toContain('extracted to')
  })
})

function replaceIn(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
}
