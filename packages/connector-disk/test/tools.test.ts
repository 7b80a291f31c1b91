import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { tempFolder } from './support/places.ts'

/** What happens in a process whose PATH is this folder. */
function freezeWith(path: string, image: string): string {
  const script = `
    import { diskConnector } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    await diskConnector.freeze({ name: 'guest', url: 'disk:${image}' }, new AbortController().signal).then(
      () => console.log('done'),
      ({ code, message, hint }) => console.log([code, message, hint].join('\\n')))`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  return execFileSync(process.execPath, args, { env: { PATH: path } }).toString()
}

async function pathWith(folder: string, programs: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, 'bin')
  await mkdir(path)
  for (const name of ['setpriv', 'prlimit']) await symlink(which(name), join(path, name))
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(path, name), `#!/bin/sh\necho '${text}'\n`)
    await chmod(join(path, name), 0o755)
  }
  return path
}

function which(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`])
    .stdout.toString()
    .trim()
}

describe.skipIf(!havePrograms('setpriv', 'prlimit'))('without the programs of QEMU', () => {
  it.each([
    ['missing', {}, 'qemu-img'],
    ['too old', { 'qemu-img': 'qemu-img version 2.11.1' }, 'expected version 6.2 or later, got 2.11'],
  ])('%s, an export says which package to install', async (_, programs, words) => {
    await using temp = await tempFolder()
    const image = join(temp.path, 'x.raw')
    await writeFile(image, 'content')
    const said = freezeWith(await pathWith(temp.path, programs), image)
    expect(said).toMatch(/^not-found\n/)
    expect(said).toContain(words)
    expect(said).toContain('qemu-utils')
  })
})

describe.skipIf(!havePrograms('qemu-img', 'qemu-nbd'))('the servers that read images', () => {
  it('end with whoever started them, even when that is killed', async () => {
    await using temp = await tempFolder()
    const image = join(temp.path, 'x.qcow2')
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1M'])
    const script = `
      import { openContent } from ${JSON.stringify(join(import.meta.dirname, '../src/content/open.ts'))}
      const image = { path: '${image}', format: 'qcow2', files: ['${image}'] }
      await openContent({ image }, new AbortController().signal)
      process.kill(process.pid, 'SIGKILL')`
    spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: temp.path },
    })
    const left = (): string => spawnSync('pgrep', ['-f', `qemu-nbd.*${image}`]).stdout.toString()
    for (let tries = 0; left() !== '' && tries < 100; tries++)
      await new Promise((done) => setTimeout(done, 20))
    expect(left()).toBe('')
  })
})
