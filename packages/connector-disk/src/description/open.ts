import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { openImage, type Window } from '../image/image.ts'
import { type Checksum, readChecksums } from './checksums.ts'
import type { Description } from './described.ts'
import { readDomain } from './domain-read.ts'
import { readOva } from './ova.ts'
import { readOvf } from './ovf-read.ts'
import { parseXml } from './xml.ts'

/** A description that was read. */
export interface OpenDescription {
  /** Real path of the description, or of the OVA. */
  readonly path: string
  /** Name of the description in its manifest. */
  readonly name: string
  readonly description: Description
  /** Of an OVA: where its files lie in it. */
  readonly members?: ReadonlyMap<string, Window>
  /** Of an OVA: where the description lies in it. */
  readonly window?: Window
  /** Of an OVF that has a manifest beside it. */
  readonly checksums?: ReadonlyMap<string, Checksum>
}

const longest = 4 * 2 ** 20

/** Whether the name of a file promises a description. */
export function isDescription(path: string): boolean {
  return /\.(ovf|ova|xml)$/i.test(path)
}

/** Reads an OVF, an OVA or a domain of libvirt; throws `hostile-input` or `usage` for what is none. */
export async function openDescription(path: string): Promise<OpenDescription> {
  return /\.ova$/i.test(path) ? openOva(path) : openFile(path)
}

async function openFile(path: string): Promise<OpenDescription> {
  const description = describe(await bytesOf(path), path)
  const manifest = await bytesOf(path.replace(/\.[^.]*$/, '.mf')).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  const checksums = manifest && /\.ovf$/i.test(path) ? { checksums: readChecksums(manifest) } : {}
  return { path, name: basename(path), description, ...checksums }
}

async function openOva(path: string): Promise<OpenDescription> {
  await using handle = await openImage(path)
  const members = await readOva(handle, path)
  const [name, window] = [...members].find(([one]) => /\.ovf$/i.test(one)) ?? []
  if (name === undefined || window === undefined) throw wrong(path, 'an OVA without a description')
  const read = async ({ offset, size }: Window): Promise<Buffer> => {
    if (size > longest) throw wrong(path, `its description is longer than ${longest} bytes`)
    return (await handle.read(Buffer.alloc(size), 0, size, offset)).buffer
  }
  const manifest = members.get(name.replace(/\.[^.]*$/, '.mf'))
  const checksums = manifest ? { checksums: readChecksums(await read(manifest)) } : {}
  return { path, name, description: describe(await read(window), path), members, window, ...checksums }
}

async function bytesOf(path: string): Promise<Buffer> {
  if ((await stat(path)).size > longest) throw wrong(path, `longer than ${longest} bytes`)
  return readFile(path)
}

function describe(bytes: Uint8Array, path: string): Description {
  const root = parseXml(bytes, path)
  if (root.localName === 'domain') return readDomain(root)
  if (root.localName === 'Envelope') return readOvf(root, path)
  throw new RestituteError('usage', `description ${path}: expected an OVF or a domain of libvirt`)
}

function wrong(path: string, what: string): RestituteError {
  return new RestituteError('hostile-input', `description ${path}: ${what}`)
}
