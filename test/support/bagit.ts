import { createHash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/*
 * Whether a folder is a complete and valid bag, written from RFC 8493 (BagIt 1.0) and, for bags that declare an
 * earlier version, its section 7 and the drafts before it. It shares nothing with the code that makes bags.
 */

const algorithms: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])
const encodings: ReadonlySet<string> = new Set(['UTF-8', 'UTF-16', 'ISO-8859-1'])

interface Bag {
  readonly folder: string
  readonly version: number
  /** Of the tag files. */
  readonly encoding: string
  /** Every file, `/`-separated. */
  readonly files: readonly string[]
  readonly problems: string[]
}

/** What is wrong with a bag (RFC 8493, section 3), one sentence each; none when it is complete and valid. */
export async function bagProblems(folder: string): Promise<string[]> {
  const problems: string[] = []
  const declared = await declaration(folder, problems)
  if (!declared) return problems
  const bag: Bag = { folder, ...declared, files: await filesBelow(folder), problems }
  if (!isFolder(join(folder, 'data'))) problems.push('there is no data folder')
  await checkPayload(bag)
  await checkTagManifests(bag)
  await checkInfo(bag)
  await checkFetch(bag)
  return problems
}

/** Section 2.1.1: exactly these two lines, in UTF-8 without a byte order mark. */
async function declaration(
  folder: string,
  problems: string[],
): Promise<Pick<Bag, 'version' | 'encoding'> | undefined> {
  const path = join(folder, 'bagit.txt')
  const text = existsSync(path) ? await readFile(path, 'utf8') : ''
  const form =
    /^BagIt-Version: (\d+\.\d+)(?:\r\n|\n|\r)Tag-File-Character-Encoding: ([A-Za-z0-9-]+)(?:\r\n|\n|\r)?$/
  const [, version, encoding = ''] = form.exec(text) ?? []
  if (version && encodings.has(encoding)) return { version: Number(version), encoding }
  problems.push('bagit.txt is missing or not as it must be')
  return undefined
}

async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found
    .filter((one) => !one.isDirectory())
    .map((one) => relative(folder, join(one.parentPath, one.name)))
}

/** Sections 2.1.3 and 3: each payload file in every manifest (before 1.0: in one), each of those there and unaltered. */
async function checkPayload(bag: Bag): Promise<void> {
  const { files, problems, version } = bag
  const manifests = await manifestsOf(bag, 'manifest')
  if (manifests.size === 0) problems.push('there is no payload manifest')
  const listed = [...manifests.values()].map((entries) => new Set(entries.keys()))
  for (const file of files.filter((name) => name.startsWith('data/'))) {
    const all =
      version < 1 ? listed.some((names) => names.has(file)) : listed.every((names) => names.has(file))
    if (!all) problems.push(`${file} is not in the manifest`)
  }
  for (const [name, entries] of manifests) {
    for (const path of entries.keys()) {
      if (!path.startsWith('data/')) problems.push(`${name} names ${path}, which is no payload file`)
    }
  }
}

/** Section 2.2.1: what a tag manifest names is there and unaltered; it names no payload. */
async function checkTagManifests(bag: Bag): Promise<void> {
  for (const [name, entries] of await manifestsOf(bag, 'tagmanifest')) {
    for (const path of entries.keys()) {
      if (path.startsWith('data/')) bag.problems.push(`${name} names the payload file ${path}`)
      if (/^tagmanifest-/.test(path)) bag.problems.push(`${name} names a tag manifest`)
    }
  }
}

/** The manifests of a kind, each as path → digest; what they name has been compared. */
async function manifestsOf(bag: Bag, kind: string): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>()
  for (const name of bag.files) {
    const algorithm = new RegExp(`^${kind}-([a-z0-9]+)\\.txt$`).exec(name)?.[1]
    if (!algorithm) continue
    if (!algorithms.has(algorithm)) bag.problems.push(`${name}: its algorithm is not known`)
    else found.set(name, await manifestEntries(bag, name, algorithm))
  }
  return found
}

async function manifestEntries(bag: Bag, name: string, algorithm: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  for (const line of await linesOf(bag, name)) {
    const [, digest = '', written = ''] = /^([0-9A-Fa-f]+)[ \t]+\*?(.+)$/.exec(line) ?? []
    const path = decoded(bag, written)
    if (digest === '') bag.problems.push(`${name} has a line without digest or path`)
    else if (isOutside(path)) bag.problems.push(`${name} names a file outside the bag`)
    else {
      if (entries.has(path) && (bag.version >= 1 || entries.get(path) !== digest))
        bag.problems.push(`${name} names ${path} twice`)
      entries.set(path, digest)
      await checkDigest(bag, path, algorithm, digest)
    }
  }
  return entries
}

async function checkDigest(bag: Bag, path: string, algorithm: string, digest: string): Promise<void> {
  if (!bag.files.includes(path)) {
    bag.problems.push(`${path} is missing`)
    return
  }
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(join(bag.folder, path))) hash.update(chunk as Buffer)
  if (hash.digest('hex') !== digest.toLowerCase()) bag.problems.push(`${path} differs from its ${algorithm}`)
}

/** Section 2.1.3: line feed, carriage return and per cent are written %0A, %0D and %25; before 1.0 the first two. */
function decoded({ version }: Bag, path: string): string {
  const plain = path
    .replace(/^\.\//, version < 1 ? '' : './')
    .replace(/%0A/gi, '\n')
    .replace(/%0D/gi, '\r')
  return version < 1 ? plain : plain.replace(/%25/g, '%')
}

/** Section 5.2. */
function isOutside(path: string): boolean {
  return /^([/\\~]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..')
}

/** Section 2.2.2: labels and values, a longer value going on in indented lines; the payload's size when it is given. */
async function checkInfo(bag: Bag): Promise<void> {
  const name = bag.version < 0.96 ? 'package-info.txt' : 'bag-info.txt'
  if (!bag.files.includes(name)) return
  const fields: string[] = []
  for (const line of await linesOf(bag, name)) {
    if (/^[ \t]/.test(line) && fields.length > 0) fields.push(`${fields.pop()} ${line.trim()}`)
    else fields.push(line)
  }
  if (!fields.every((field) => /^[^:\s][^:]*:/.test(field)))
    bag.problems.push(`${name} has a line without a label`)
  const oxums = fields.flatMap((field) => /^Payload-Oxum\s*:\s*(\S+)\s*$/i.exec(field)?.[1] ?? [])
  const payload = bag.files.filter((file) => file.startsWith('data/'))
  const bytes = payload.reduce((sum, file) => sum + statSync(join(bag.folder, file)).size, 0)
  for (const oxum of oxums) {
    if (oxum !== `${bytes}.${payload.length}`)
      bag.problems.push(`Payload-Oxum is ${oxum}, not ${bytes}.${payload.length}`)
  }
  if (oxums.length > 1) bag.problems.push('Payload-Oxum is given twice')
}

/** Section 2.2.3: nothing outside the payload is fetched. What is still to be fetched is missing above. */
async function checkFetch(bag: Bag): Promise<void> {
  if (!bag.files.includes('fetch.txt')) return
  for (const line of await linesOf(bag, 'fetch.txt')) {
    const path = decoded(bag, /^\S+[ \t]+(?:\d+|-)[ \t]+(.+)$/.exec(line)?.[1] ?? '')
    if (!path.startsWith('data/') || isOutside(path))
      bag.problems.push('fetch.txt names what is no payload file')
  }
}

async function linesOf({ folder, encoding, problems }: Bag, name: string): Promise<string[]> {
  const bytes = await readFile(join(folder, name))
  const label = encoding === 'UTF-16' && bytes[0] === 0xfe ? 'UTF-16BE' : encoding
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes)
    return text.split(/\r\n|\n|\r/).filter((line) => line !== '')
  } catch {
    problems.push(`${name} is not in the encoding that bagit.txt declares`)
    return []
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}
