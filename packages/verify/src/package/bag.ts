import type { SourceRecord } from '@restitute/manifest'
import { finding } from '../findings.ts'
import type { Inside } from './inside.ts'
import { type LineReader, lineReader } from './line-reader.ts'
import { isNotRead } from './manifest.ts'
import { type BagFile, bagFiles } from './pieces.ts'

const declaration = ['BagIt-Version: 1.0', 'Tag-File-Character-Encoding: UTF-8']
const manifestLine = /^([0-9a-f]{64}) [ *](.+)$/

/** What was seen of the bag of one source (RFC 8493). */
export interface Bag {
  /** Its own files that were read. */
  readonly read: Set<BagFile>
  readonly declared: string[]
  /** `External-Identifier`, and `Payload-Oxum`: bytes and files, `1234.5`. */
  readonly info: Map<string, string>
}

/** Nothing seen yet. */
export function newBag(): Bag {
  return { read: new Set(), declared: [], info: new Map() }
}

/** Reads a bag's own file along while it is hashed. */
export function bagReader(inside: Inside, source: string, file: BagFile): LineReader | undefined {
  const bag = inside.bags.get(source)
  if (!bag) return undefined
  bag.read.add(file)
  const take = lineTaker(inside, bag, source, file)
  return lineReader(take, (message) => invalid(inside, source, `${file}: ${message}`))
}

function lineTaker(inside: Inside, bag: Bag, source: string, file: BagFile): (line: string) => void {
  switch (file) {
    case 'bagit.txt':
      return (line) => void bag.declared.push(line.slice(0, 100))
    case 'bag-info.txt':
      return (line) => takeInfo(bag, line)
    case 'manifest-sha256.txt':
    case 'tagmanifest-sha256.txt':
      return (line) => takeManifestLine(inside, source, file, line)
  }
}

function takeInfo({ info }: Bag, line: string): void {
  const [, label, value = ''] = /^(External-Identifier|Payload-Oxum): (.+)$/.exec(line) ?? []
  if (label !== undefined) info.set(label, info.has(label) ? 'several values' : value)
}

function takeManifestLine(inside: Inside, source: string, file: BagFile, line: string): void {
  const problem = (message: string): void => invalid(inside, source, `${file}: ${message}`)
  const [, sha256, written = ''] = manifestLine.exec(line) ?? []
  if (sha256 === undefined) return problem('a line is not of the form of sha256sum')
  const path = unescaped(written)
  if (path.startsWith('data/') !== (file === 'manifest-sha256.txt'))
    return problem(`${path} does not belong into it`)
  if (inside.join.meetOnceInBag(source, path, sha256)) return
  const listed = inside.join.meetInBag(source, path)
  if (!listed) return problem(`${path} is not in the index`)
  if (listed.again) return problem(`${path} is named twice`)
  if (listed.sha256 !== sha256) problem(`the digest of ${path} is not that of the index`)
}

/** RFC 8493 §2.1.3. */
function unescaped(path: string): string {
  return path.replace(/%(0[AaDd]|25)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Once all volumes of the source are read: the bag has its files, and they leave nothing out. */
export function checkBagIsWhole(inside: Inside, source: SourceRecord): void {
  const { name, payload } = source
  const { check, join, bags, unread } = inside
  const { volumes } = check.package.manifest
  if (unread.has(name) || isNotRead(source, check.package.manifest)) return
  compareOxum(inside, name, 'the manifest', `${payload.bytes}.${payload.files}`)
  if (volumes.some((volume) => volume.source === name && check.broken.has(volume.name))) {
    check.notChecked.push(`the bag of source ${name}: not all of its volumes can be read`)
    return
  }
  const bag = bags.get(name) ?? newBag()
  for (const file of bagFiles.filter((one) => !bag.read.has(one))) invalid(inside, name, `${file} is missing`)
  if (bag.read.has('bagit.txt') && bag.declared.join('\n') !== declaration.join('\n'))
    invalid(inside, name, 'bagit.txt is not that of BagIt 1.0')
  if (bag.read.has('bag-info.txt')) checkInfo(inside, name, bag.info)
  for (const { path, type } of join.unmet(name, 'bag')) {
    if (type !== 'directory' && path !== 'tagmanifest-sha256.txt')
      invalid(inside, name, `${path} is in no manifest of the bag`)
  }
}

function checkInfo(inside: Inside, source: string, info: ReadonlyMap<string, string>): void {
  const own = `${inside.check.package.manifest.package}/${source}`
  const said = info.get('External-Identifier') ?? 'nothing'
  if (said !== own) invalid(inside, source, `bag-info.txt is of ${said}, not of ${own}`)
  compareOxum(inside, source, 'bag-info.txt', info.get('Payload-Oxum') ?? 'nothing')
}

/** Bytes and files of the payload, written as BagIt does, against the entries. */
function compareOxum({ check, join }: Inside, source: string, where: string, expected: string): void {
  const { bytes, files } = join.payload(source)
  const got = `${bytes}.${files}`
  if (got === expected) return
  const code = where === 'the manifest' ? 'totals-differ' : 'bag-invalid'
  check.findings.add(
    finding(code, source, `the payload is not what ${where} says (bytes.files)`, { expected, got }),
  )
}

function invalid({ check }: Inside, source: string, message: string): void {
  check.findings.add(finding('bag-invalid', source, message))
}
