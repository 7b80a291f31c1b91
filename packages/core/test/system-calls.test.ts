import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SystemCalls, systemCalls } from '../src/index.ts'

const supported = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)

describe.runIf(supported)('system calls that Node lacks', () => {
  const bytes = (text: string): Buffer => Buffer.from(text)
  let folder: string
  let system: SystemCalls

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'system-calls-'))
    const calls = systemCalls()
    if (calls === undefined) throw new Error('expected system calls on this platform')
    system = calls
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function file(name: string): Buffer {
    writeFileSync(join(folder, name), 'content')
    return bytes(join(folder, name))
  }

  it('writes, lists, reads and removes extended attributes, binary ones too', () => {
    const path = file('attributes')
    const value = Buffer.from([0, 255, 10, 0])
    system.setXattr(path, bytes('user.binary'), value)
    system.setXattr(path, bytes('user.empty'), Buffer.alloc(0))
    expect(system.listXattrs(path).map(String).sort()).toEqual(['user.binary', 'user.empty'])
    expect(system.getXattr(path, bytes('user.binary'))).toEqual(value)
    expect(system.getXattr(path, bytes('user.empty'))).toEqual(Buffer.alloc(0))
    system.removeXattr(path, bytes('user.empty'))
    expect(system.getXattr(path, bytes('user.empty'))).toBeUndefined()
    expect(system.listXattrs(path).map(String)).toEqual(['user.binary'])
  })

  it('names the error of the system, again and again', () => {
    const absent = bytes(join(folder, 'absent'))
    for (let i = 0; i < 1000; i++) {
      expect(() => system.listXattrs(absent)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      expect(() => system.getXattr(bytes('/dev/null/x'), bytes('user.x'))).toThrow(
        expect.objectContaining({ code: 'ENOTDIR' }),
      )
    }
  })

  it.each([1n, 1_700_000_000_123_456_789n, -1n, -86_400_000_000_001n, 0n, 9_999_999_999_000_000_001n])(
    'sets times to the nanosecond: %d',
    (time) => {
      const path = file('times')
      system.setTimes(path, time + 7n, time)
      const { atimeNs, mtimeNs } = lstatSync(path, { bigint: true })
      expect([atimeNs, mtimeNs]).toEqual([time + 7n, time])
    },
  )

  it('sets the times of a symbolic link, not of what it points to', () => {
    const link = join(folder, 'link')
    symlinkSync('nowhere', link)
    system.setTimes(bytes(link), 5n, 6n)
    expect(lstatSync(link, { bigint: true }).mtimeNs).toBe(6n)
  })

  it('finds the data of a sparse file, cut to the range asked for', () => {
    const path = join(folder, 'sparse')
    const mebibyte = 2 ** 20
    const fd = openSync(path, 'w+')
    try {
      writeSync(fd, Buffer.alloc(mebibyte, 1), 0, mebibyte, 4 * mebibyte)
      truncateSync(path, 64 * mebibyte)
      expect([...system.dataExtents(fd, 0, 64 * mebibyte)]).toEqual([
        { offset: 4 * mebibyte, length: mebibyte },
      ])
      expect([...system.dataExtents(fd, 4.5 * mebibyte, 4.75 * mebibyte)]).toEqual([
        { offset: 4.5 * mebibyte, length: mebibyte / 4 },
      ])
      expect([...system.dataExtents(fd, 8 * mebibyte, 64 * mebibyte)]).toEqual([])
      expect([...system.dataExtents(fd, 0, 0)]).toEqual([])
    } finally {
      closeSync(fd)
    }
  })

  it('makes pipes and sockets', () => {
    const path = (name: string): Buffer => bytes(join(folder, name))
    system.makeNode(path('pipe'), 0o010600)
    system.makeNode(path('socket'), 0o140600)
    expect(lstatSync(path('pipe')).isFIFO()).toBe(true)
    expect(lstatSync(path('socket')).isSocket()).toBe(true)
    expect(() => system.makeNode(path('pipe'), 0o010600)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  })

  it.runIf(process.getuid?.() === 0)('makes devices with any number', () => {
    const path = join(folder, 'device')
    system.makeNode(bytes(path), 0o020600, { major: 4000, minor: 1_000_000 })
    const { rdev } = lstatSync(path, { bigint: true })
    expect([(rdev >> 8n) & 0xfffn, (rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)]).toEqual([4000n, 1_000_000n])
  })

  it('reads past the page cache', () => {
    const fd = openSync(file('cached'), 'r')
    system.dropPageCache(fd)
    closeSync(fd)
    expect(() => system.dropPageCache(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })

  it('waits for a whole file system', () => {
    const fd = openSync(folder, 'r')
    system.syncFileSystem(fd)
    closeSync(fd)
    expect(() => system.syncFileSystem(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })
})
