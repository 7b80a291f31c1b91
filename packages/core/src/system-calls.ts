import { getSystemErrorName } from 'node:util'
import type { Extent } from './entry.ts'

/**
 * Linux calls that Node does not offer. All are synchronous and follow no symbolic link at the end of a path; paths
 * and names are bytes without NUL. A call that fails throws an error with the system's name of it in `code`
 * (`ENOTSUP`, `EPERM`, …), as Node's own do.
 */
export interface SystemCalls {
  /** Names of the extended attributes that this process may see, in the order of the system. */
  listXattrs(path: Uint8Array): Buffer[]
  /** A value; nothing when there is no such attribute (any more). */
  getXattr(path: Uint8Array, name: Uint8Array): Buffer | undefined
  /** Creates or replaces. */
  setXattr(path: Uint8Array, name: Uint8Array, value: Uint8Array): void
  removeXattr(path: Uint8Array, name: Uint8Array): void
  /** Time of access and of change, nanoseconds since 1970, negative before it. */
  setTimes(path: Uint8Array, accessed: bigint, modified: bigint): void
  /**
   * The stretches of an open file between two offsets that hold data, ascending and cut to that range; where the
   * file system knows no holes, one that covers all of it. Moves the file's own position: read by offset.
   */
  dataExtents(fd: number, from: number, to: number): Iterable<Extent>
  /** A node of the type in `mode` (fifo, socket, device), its permissions subject to the umask. */
  makeNode(path: Uint8Array, mode: number, device?: DeviceNumber): void
  /** Asks the system to forget what it holds of an open file in memory, so that reading comes from the medium. */
  dropPageCache(fd: number): void
  /**
   * Waits until all that was written to the file system of an open file is on stable storage; fails where any of it could not be
   * written since that file was opened.
   */
  syncFileSystem(fd: number): void
}

/** Which device a device node stands for. */
export interface DeviceNumber {
  readonly major: number
  readonly minor: number
}

/**
 * The calls, loaded once per thread; nothing where they cannot be had (not Linux on x64 or arm64, or Node without
 * `node:ffi`): the caller then reports what is lost by that.
 */
export function systemCalls(): SystemCalls | undefined {
  if (loaded === undefined) loaded = load()
  return loaded ?? undefined
}

let loaded: SystemCalls | null | undefined

function load(): SystemCalls | null {
  const makeNodeNumber = makeNodeNumbers[process.arch]
  if (process.platform !== 'linux' || makeNodeNumber === undefined) return null
  try {
    return callsOf(open(), makeNodeNumber)
  } catch {
    return null
  }
}

/** Numbers of the system call mknodat, since glibc before 2.33 has no function for it. */
const makeNodeNumbers: Readonly<Record<string, bigint>> = { x64: 259n, arm64: 33n }

const signatures = {
  __errno_location: { arguments: [], return: 'pointer' },
  llistxattr: { arguments: ['pointer', 'pointer', 'u64'], return: 'i64' },
  lgetxattr: { arguments: ['pointer', 'pointer', 'pointer', 'u64'], return: 'i64' },
  lsetxattr: { arguments: ['pointer', 'pointer', 'pointer', 'u64', 'i32'], return: 'i32' },
  lremovexattr: { arguments: ['pointer', 'pointer'], return: 'i32' },
  utimensat: { arguments: ['i32', 'pointer', 'pointer', 'i32'], return: 'i32' },
  lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' },
  syscall: { arguments: ['i64', 'i64', 'pointer', 'i64', 'i64'], return: 'i64' },
  syncfs: { arguments: ['i32'], return: 'i32' },
  posix_fadvise: { arguments: ['i32', 'i64', 'i64', 'i32'], return: 'i32' },
} as const

function open() {
  const ffi = process.getBuiltinModule('node:ffi')
  const { functions } = ffi.dlopen(null, signatures)
  // The address belongs to this thread and stays the same.
  const address = functions.__errno_location()
  return { ...functions, errno: () => ffi.getInt32(address) }
}

const currentFolder = -100
const noFollow = 0x100
const seekData = 3
const seekHole = 4
const dontNeed = 4
/** No attribute, and no list of names, can be longer. */
const longestXattr = 64 * 1024

function callsOf(system: ReturnType<typeof open>, makeNodeNumber: bigint): SystemCalls {
  const room = Buffer.allocUnsafeSlow(longestXattr)
  const size = BigInt(room.length)

  function checked(name: string, answer: number | bigint): number {
    if (answer >= 0) return Number(answer)
    throw systemError(name, system.errno())
  }

  function seek(fd: number, offset: number, whence: number, end: number): number {
    const found = system.lseek(fd, BigInt(offset), whence)
    if (found < 0 && system.errno() === beyondData) return end
    return Math.min(checked('lseek', found), end)
  }

  return {
    listXattrs(path) {
      const length = checked('llistxattr', system.llistxattr(terminated(path), room, size))
      return names(Buffer.from(room.subarray(0, length)))
    },
    getXattr(path, name) {
      const length = system.lgetxattr(terminated(path), terminated(name), room, size)
      if (length < 0 && system.errno() === noSuchXattr) return undefined
      return Buffer.from(room.subarray(0, checked('lgetxattr', length)))
    },
    setXattr(path, name, value) {
      const length = BigInt(value.length)
      checked('lsetxattr', system.lsetxattr(terminated(path), terminated(name), value, length, 0))
    },
    removeXattr(path, name) {
      checked('lremovexattr', system.lremovexattr(terminated(path), terminated(name)))
    },
    setTimes(path, accessed, modified) {
      const times = timespecs(accessed, modified)
      checked('utimensat', system.utimensat(currentFolder, terminated(path), times, noFollow))
    },
    *dataExtents(fd, from, to) {
      for (let at = seek(fd, from, seekData, to); at < to; ) {
        const end = seek(fd, at, seekHole, to)
        yield { offset: at, length: end - at }
        at = seek(fd, end, seekData, to)
      }
    },
    makeNode(path, mode, device = { major: 0, minor: 0 }) {
      const folder = BigInt(currentFolder)
      const number = deviceBits(device)
      checked('mknod', system.syscall(makeNodeNumber, folder, terminated(path), BigInt(mode), number))
    },
    dropPageCache(fd) {
      const failed = system.posix_fadvise(fd, 0n, 0n, dontNeed)
      if (failed !== 0) throw systemError('posix_fadvise', failed)
    },
    syncFileSystem(fd) {
      checked('syncfs', system.syncfs(fd))
    },
  }
}

const beyondData = 6 // ENXIO
const noSuchXattr = 61 // ENODATA

function systemError(name: string, number: number): Error {
  const code = getSystemErrorName(-number)
  return Object.assign(new Error(`${name}: ${code}`), { code, errno: -number, syscall: name })
}

function terminated(text: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(text.length + 1)
  bytes.set(text)
  bytes[text.length] = 0
  return bytes
}

/** The texts of a list, each of which ends in NUL. */
function names(list: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0, at)
    found.push(list.subarray(at, end))
    at = end + 1
  }
  return found
}

const second = 1_000_000_000n

/** Two of C's `struct timespec`: whole seconds rounded down, and nanoseconds from there. */
function timespecs(...times: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(16 * times.length)
  for (const [i, time] of times.entries()) {
    const rest = ((time % second) + second) % second
    bytes.writeBigInt64LE((time - rest) / second, 16 * i)
    bytes.writeBigInt64LE(rest, 16 * i + 8)
  }
  return bytes
}

/** How Linux packs a device number: twelve bits of major between the low eight and the high twelve of minor. */
function deviceBits({ major, minor }: DeviceNumber): bigint {
  return (BigInt(minor >> 8) << 20n) | BigInt((major << 8) | (minor & 0xff))
}
