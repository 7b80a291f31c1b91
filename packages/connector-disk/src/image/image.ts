import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type JsonObject, RestituteError, systemCode } from '@restitute/core'
import { driverOf, formatOfName, type ImageFormat } from './formats.ts'
import { type Places, referred } from './places.ts'
import { formatOf, looksLike } from './probe.ts'
import { readQcow2 } from './qcow2.ts'
import { readVmdk } from './vmdk.ts'

/** A stretch of a file in which an image lies whole: a member of an OVA. */
export interface Window {
  readonly offset: number
  readonly size: number
}

/** A stretch of a disk that lies in a file of its own. */
export interface Stretch {
  /** Bytes of the disk before it. */
  readonly start: number
  readonly path: string
}

/** An image with all the files that it consists of. */
export interface Image {
  readonly path: string
  readonly format: ImageFormat
  readonly window?: Window
  /** Real paths: the image itself, what it is split into, then its backing files down to the root. */
  readonly files: readonly string[]
  /** The image that this one is the difference to. */
  readonly backing?: Image
  /** Of one that is a description of others: each stretch of the disk and its file, ascending. */
  readonly stretches?: readonly Stretch[]
  /** Why its content cannot be delivered. */
  readonly unusable?: string
}

/** What is given of an image before it is looked at. */
export interface ImageHint {
  readonly format?: ImageFormat | undefined
  readonly window?: Window | undefined
}

const longestChain = 64
/** The largest disk that any of the formats is made for. */
const largestDisk = 64n * 2n ** 40n

/**
 * Looks at an image and at its backing files, trusting nothing they say (R15, R54): a reference to a file outside the
 * declared places, to a protocol or to external data is `hostile-input`; what is damaged or of no use is said in
 * `unusable`. Throws `usage` where the format is unclear, `source-unreachable`.
 */
export async function resolveImage(path: string, hint: ImageHint, places: Places): Promise<Image> {
  return resolve(path, hint, { places, above: [] })
}

interface Walk {
  readonly places: Places
  /** The images that lead here, the leaf first. */
  readonly above: readonly string[]
}

async function resolve(path: string, { format: declared, window }: ImageHint, walk: Walk): Promise<Image> {
  if (walk.above.includes(path) || walk.above.length >= longestChain) {
    throw new RestituteError('hostile-input', `image ${path}: a chain of backing files without an end`)
  }
  await using handle = await openImage(path)
  const format = await formatOf(path, handle, declared)
  const plain = { path, format, files: [path], ...(window && { window }) }
  if (format === 'qcow2') return await resolveQcow2(plain, handle, walk)
  if (format === 'vmdk') return await resolveVmdk(plain, handle)
  if (format === 'vhd') return { ...plain, ...unusable(await vhdProblem(handle, window)) }
  return plain
}

/** Follows no link at the end of the path and does not wait for a pipe. */
export async function openImage(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `image ${path}: ${systemCode(cause) ?? 'failed'}`, {
      cause,
    })
  })
  const stats = await handle.stat()
  if (stats.isFile() || stats.isBlockDevice()) return handle
  await handle.close()
  throw new RestituteError('source-unreachable', `image ${path}: expected a file or a block device`)
}

/** What a file looks like, whatever it is called: to be careful with it, never to read it so. Throws as {@link openImage}. */
export async function seenFormat(path: string): Promise<ImageFormat | undefined> {
  await using handle = await openImage(path)
  return await looksLike(handle)
}

/** Whether a file is called an image or looks like one. Throws as {@link openImage}. */
export async function isImage(path: string): Promise<boolean> {
  return formatOfName(path) !== undefined || (await seenFormat(path)) !== undefined
}

async function resolveQcow2(image: Image, handle: FileHandle, walk: Walk): Promise<Image> {
  if (image.window) return { ...image, ...unusable('a qcow2 image inside another file') }
  const header = await readQcow2(handle)
  if (typeof header === 'string') return { ...image, ...unusable(header) }
  if (header.externalData) throw externalData(image.path)
  const problem = header.encrypted ? 'encrypted: its content needs a key' : sizeProblem(header.size)
  if (header.backing === undefined) return { ...image, ...unusable(problem) }
  const path = await referred(header.backing, image.path, walk.places)
  const format = header.backingFormat
  if (format === 'unknown') return { ...image, ...unusable('a backing file of an unknown format') }
  const backing = await resolve(path, { format }, { ...walk, above: [...walk.above, image.path] })
  const files = [...image.files, ...backing.files]
  return { ...image, files, backing, ...unusable(problem ?? backing.unusable) }
}

async function resolveVmdk(image: Image, handle: FileHandle): Promise<Image> {
  const header = await readVmdk(handle, { offset: image.window?.offset ?? 0 })
  if (typeof header === 'string') return { ...image, ...unusable(header) }
  const folder = dirname(image.path)
  const stretches = header.extents.map(({ name, start }) => ({ start, path: join(folder, name) }))
  const extents = [...new Set(stretches.map(({ path }) => path))]
  if (image.window && extents.length > 0) return { ...image, ...unusable('a split vmdk inside another file') }
  for (const extent of extents) await using(await openImage(extent))
  const split = extents.length > 0 && { stretches }
  return { ...image, ...split, files: [image.path, ...extents], ...unusable(sizeProblem(header.size)) }
}

async function using(handle: FileHandle): Promise<void> {
  await handle.close()
}

const vhdFooter = 512

/** Types 2 (fixed) and 3 (dynamic) stand for themselves; 4 is a difference, which QEMU would read as if it were whole. */
async function vhdProblem(handle: FileHandle, window: Window | undefined): Promise<string | undefined> {
  const { offset, size } = window ?? { offset: 0, size: Number((await handle.stat()).size) }
  // A dynamic image has a copy of its footer at its beginning, which is what QEMU looks at first.
  const footer = (await vhdFooterAt(handle, offset)) ?? (await vhdFooterAt(handle, offset + size - vhdFooter))
  if (footer === undefined) return 'not a vhd image'
  const type = footer.readUInt32BE(60)
  if (type !== 2 && type !== 3) return type === 4 ? 'a difference to a parent disk' : `a vhd of type ${type}`
  return sizeProblem(footer.readBigUInt64BE(48))
}

async function vhdFooterAt(handle: FileHandle, position: number): Promise<Buffer | undefined> {
  if (position < 0) return undefined
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(vhdFooter), 0, vhdFooter, position)
  return bytesRead === vhdFooter && buffer.toString('latin1', 0, 8) === 'conectix' ? buffer : undefined
}

/** Why a disk of so many bytes is not believed, if so. */
export function sizeProblem(bytes: bigint): string | undefined {
  return bytes > largestDisk ? `its size is absurd: ${bytes} bytes` : undefined
}

function unusable(reason: string | undefined): Pick<Image, 'unusable'> {
  return reason === undefined ? {} : { unusable: reason }
}

function externalData(path: string): RestituteError {
  return new RestituteError(
    'hostile-input',
    `image ${path}: its data lies in another file that it names itself`,
    {
      hint: 'external data files are refused; convert the image with qemu-img first',
    },
  )
}

/** The image as QEMU is told to open it: every file and format by us, nothing left for it to find out. */
export function nodeOf(image: Image): JsonObject {
  const { format, window, backing } = image
  const driver = driverOf(format)
  if (driver === 'raw') return { driver: 'raw', ...window, file: fileNode(image) }
  const file = window ? { driver: 'raw', ...window, file: fileNode(image) } : fileNode(image)
  const chain = format === 'qcow2' ? { backing: backing ? nodeOf(backing) : null } : {}
  return { driver, file, ...chain }
}

/** As {@link nodeOf}, for commands that look at the image itself and not at its backing files. */
export function topNodeOf(image: Image): JsonObject {
  const { backing: _, ...node } = nodeOf(image)
  return node
}

function fileNode({ path }: Image): JsonObject {
  return path.startsWith('/dev/')
    ? { driver: 'host_device', filename: path }
    : { driver: 'file', filename: path }
}
