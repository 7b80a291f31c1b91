import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { destinationError } from '../src/directory-errors.ts'
import { directoryDestination } from '../src/index.ts'
import { bytesOf, expectCode, namesIn, temporaryFolder } from './helpers.ts'

async function put(
  destination: ReturnType<typeof directoryDestination>,
  name: string,
  text: string,
): Promise<void> {
  await using file = await destination.create(name)
  await file.write(Buffer.from(text))
  await file.commit()
}

describe('a directory as destination', () => {
  it('makes its folder on the first create, for its owner alone', async () => {
    const folder = join(temporaryFolder(), 'new/R1-0001')
    const destination = directoryDestination(folder)
    expect(await namesIn(destination)).toEqual([])
    expect(await destination.freeBytes()).toBeGreaterThan(0)
    expect(existsSync(folder)).toBe(false)
    await put(destination, 'volumes/a', 'text')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'volumes/a')).mode & 0o777).toBe(0o600)
  })

  it('shows a file only once it is committed, and replaces one of that name', async () => {
    const destination = directoryDestination(temporaryFolder())
    await put(destination, 'a', 'old')
    const file = await destination.create('a')
    await file.write(Buffer.from('new'))
    expect((await bytesOf(destination.read('a'))).toString()).toBe('old')
    expect(await namesIn(destination)).toEqual(['a'])
    await file.commit()
    await file[Symbol.asyncDispose]()
    expect((await bytesOf(destination.read('a'))).toString()).toBe('new')
  })

  it('removes what was not committed; sweep removes what a killed run left', async () => {
    const folder = temporaryFolder()
    const destination = directoryDestination(folder)
    const file = await destination.create('volumes/a')
    await file.write(Buffer.from('text'))
    expect(readdirSync(join(folder, 'volumes'))).toHaveLength(1)
    await file[Symbol.asyncDispose]()
    expect(readdirSync(join(folder, 'volumes'))).toEqual([])
    writeFileSync(join(folder, 'volumes/.tmp-0123'), 'left')
    await put(destination, 'volumes/b', 'kept')
    await destination.sweep()
    expect(readdirSync(join(folder, 'volumes'))).toEqual(['b'])
  })

  it('lists every file by its whole name, special ones too', async () => {
    const folder = temporaryFolder()
    const destination = directoryDestination(folder)
    for (const name of ['a/b', 'a-b', 'a.b', 'B', 'a/é', 'z/y/x']) await put(destination, name, name)
    symlinkSync('/etc/passwd', join(folder, 'link'))
    expect(await namesIn(destination)).toEqual(['B', 'a-b', 'a.b', 'a/b', 'a/é', 'link', 'z/y/x'])
    expect((await Array.fromAsync(destination.list()))[0]).toMatchObject({ name: 'B', bytes: 1 })
  })

  it('marks a file anew when it is written again, even with its time set back', async () => {
    const folder = temporaryFolder()
    const destination = directoryDestination(folder)
    const mark = async () => (await Array.fromAsync(destination.list()))[0]?.mark
    await put(destination, 'a', 'one')
    const first = await mark()
    expect(first).toBe(await mark())
    const { atime, mtime } = statSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a'), 'two')
    utimesSync(join(folder, 'a'), atime, mtime)
    expect(await mark()).not.toBe(first)
  })

  it('reads from an offset, and past the page cache', async () => {
    const destination = directoryDestination(temporaryFolder())
    await put(destination, 'a', '0123456789')
    expect((await bytesOf(destination.read('a', { offset: 4 }))).toString()).toBe('456789')
    expect((await bytesOf(destination.read('a', { fresh: true }))).toString()).toBe('0123456789')
    expect((await bytesOf(destination.read('a', { offset: 10 }))).toString()).toBe('')
  })

  it('stops reading when the signal is set', async () => {
    const destination = directoryDestination(temporaryFolder())
    await put(destination, 'a', 'text')
    await expectCode(bytesOf(destination.read('a', { signal: AbortSignal.abort() })), 'interrupted')
  })

  it('removes a file', async () => {
    const destination = directoryDestination(temporaryFolder())
    await put(destination, 'a', 'text')
    await destination.remove('a')
    await expectCode(bytesOf(destination.read('a')), 'not-found')
    await expectCode(destination.remove('a'), 'not-found')
  })

  for (const name of ['../a', '/etc/passwd', 'a/../../b', 'a//b', './a', '', 'a/', 'a\\b', 'a\nb']) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      const destination = directoryDestination(temporaryFolder())
      await expectCode(destination.create(name), 'usage')
      await expectCode(bytesOf(destination.read(name)), 'usage')
      await expectCode(destination.remove(name), 'usage')
    })
  }
})

describe('a hostile folder', () => {
  it('is not read or written through a symbolic link', async () => {
    const folder = temporaryFolder()
    const outside = temporaryFolder()
    writeFileSync(join(outside, 'secret'), 'secret')
    symlinkSync(join(outside, 'secret'), join(folder, 'manifest.json'))
    symlinkSync(outside, join(folder, 'volumes'))
    const destination = directoryDestination(folder)
    await expectCode(bytesOf(destination.read('manifest.json')), 'hostile-input')
    await expectCode(bytesOf(destination.read('volumes/secret')), 'hostile-input')
    await expectCode(destination.create('volumes/new'), 'hostile-input')
    await expectCode(destination.remove('volumes/secret'), 'hostile-input')
    expect(readdirSync(outside)).toEqual(['secret'])
  })

  it('may be reached by a symbolic link itself', async () => {
    const link = join(temporaryFolder(), 'link')
    symlinkSync(temporaryFolder(), link)
    const destination = directoryDestination(link)
    await put(destination, 'volumes/a', 'text')
    expect((await bytesOf(destination.read('volumes/a'))).toString()).toBe('text')
  })

  it('does not keep the reader waiting at a pipe', async () => {
    const folder = temporaryFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    mkdirSync(join(folder, 'folder'))
    await expectCode(bytesOf(directoryDestination(folder).read('pipe')), 'hostile-input')
    await expectCode(bytesOf(directoryDestination(folder).read('folder')), 'hostile-input')
  })
})

describe('a destination out of reach or full', () => {
  it('is unreachable below a file', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    await expectCode(directoryDestination(join(folder, 'file/R1')).create('a'), 'destination-unreachable')
    await expectCode(
      Array.fromAsync(directoryDestination(join(folder, 'file/R1')).list()),
      'destination-unreachable',
    )
  })

  it('whose folder vanishes while a file is written has lost that file, and says what to look at', async () => {
    const folder = join(temporaryFolder(), 'R1')
    await using file = await directoryDestination(folder).create('volumes/a')
    await file.write(Buffer.from('x'))
    rmSync(folder, { recursive: true })
    await expect(file.commit()).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('finishing volumes/a') as string,
      hint: expect.stringContaining('still mounted') as string,
    })
  })

  it('is unreachable without the right to write', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o500)
    onTestFinished(actAsNobody())
    await expectCode(directoryDestination(join(folder, 'R1')).create('a'), 'destination-unreachable')
  })

  it('is full when the disk is, and keeps nothing of the file', async (context) => {
    const folder = temporaryFolder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      context.skip('needs the right to mount a tmpfs')
    }
    onTestFinished(() => void execFileSync('umount', [folder]))
    const destination = directoryDestination(folder)
    const write = async () => {
      await using file = await destination.create('volumes/a')
      for (let i = 0; i < 8; i++) await file.write(Buffer.alloc(65536, i))
      await file.commit()
    }
    await expectCode(write(), 'destination-full')
    expect(readdirSync(join(folder, 'volumes'))).toEqual([])
  })

  it.each([
    ['a quota is used up', 122, 'destination-full'],
    ['a file server has lost its handles', 116, 'destination-unreachable'],
  ])('is what it is when %s: Node has no name for that', (_, number, code) => {
    const thrown = Object.assign(new Error('write'), { code: getSystemErrorName(-number) })
    expect(destinationError(thrown, 'writing volumes/a').code).toBe(code)
  })
})

/** Root may write anywhere: gives its rights up until the function returned is called. */
function actAsNobody(): () => void {
  if (process.getuid?.() !== 0) return () => {}
  process.seteuid?.(65_534)
  return () => process.seteuid?.(0)
}
