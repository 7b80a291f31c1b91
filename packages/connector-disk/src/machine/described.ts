import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { asRestituteError, RestituteError, safeNames } from '@restitute/core'
import type { Checksum } from '../description/checksums.ts'
import type { DescribedDisk, DescribedFile } from '../description/described.ts'
import { factsDigest, factsJson, type MachineFacts } from '../description/facts.ts'
import { type OpenDescription, openDescription } from '../description/open.ts'
import { type Image, resolveImage, type Window } from '../image/image.ts'
import { type Places, placesOf, realFolder, referred } from '../image/places.ts'
import type { DiskUrl } from '../url.ts'
import { type Disk, diskMembers } from './disks.ts'
import { type Member, machineId } from './machine.ts'

const mostTpmFiles = 100

/** A description with the places in which what it names may lie. */
interface Describing extends OpenDescription {
  readonly places: Places
}

/**
 * The members of a machine that a description names: OVF, OVA, or a domain of libvirt. Throws `hostile-input` for a
 * file outside the declared folders, `source-unreachable` for a disk that is not there.
 */
export async function describedMembers(
  path: string,
  url: DiskUrl,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const opened = await openDescription(path)
  const describing = { ...opened, places: await placesOf(dirname(path), url) }
  const { disks, facts, files } = opened.description
  const found = await Promise.all(disks.map((disk) => diskOf(disk, describing)))
  const usable = found.filter((disk) => disk !== undefined)
  return [
    ...withChecksums(await diskMembers(usable, url.snapshots, signal), describing),
    ...disks.filter(({ lost }) => lost !== undefined).map(lostDisk),
    ...(await fileMembers([...files, ...(await tpmFiles(url, describing))], describing)),
    ...(opened.description.bare === true ? [] : [machineMember(facts)]),
  ]
}

function machineMember(facts: MachineFacts): Member {
  const digest = factsDigest(facts)
  return { id: machineId, kind: 'machine', bagPath: 'machine', facts: factsJson(facts), digest }
}

async function diskOf(disk: DescribedDisk, describing: Describing): Promise<Disk | undefined> {
  const { name, file, format, bus, device, encrypted } = disk
  if (file === undefined || disk.lost !== undefined) return undefined
  const { path, window } = await placeOf(file, describing)
  const found = await resolveImage(path, { format, window }, describing.places)
  const image = encrypted ? { ...found, unusable: 'encrypted: its content needs a key' } : found
  return { name, image, facts: { ...(bus && { bus }), ...(device && { device }) } }
}

async function placeOf(
  file: string,
  { path, members, places }: Describing,
): Promise<{ readonly path: string; readonly window?: Window }> {
  if (members === undefined) return { path: await referred(file, path, places) }
  const window = members.get(file)
  if (window) return { path, window }
  throw new RestituteError('source-unreachable', `description ${path}: a file that it names is not in it`)
}

function lostDisk({ name, lost = '' }: DescribedDisk): Member {
  return { id: `disk/${name}`, kind: 'disk', bagPath: 'disks/lost', facts: {}, lost }
}

/** What an OVF manifest says of each disk's own file. */
function withChecksums(members: readonly Member[], describing: Describing): Member[] {
  return members.map((member) => {
    if (member.kind !== 'disk' || describing.checksums === undefined) return member
    const disk = describing.description.disks.find(({ name }) => member.id === `disk/${name}`)
    return checked(member, disk?.file, describing.checksums)
  })
}

function checked(
  member: Member,
  file: string | undefined,
  checksums: ReadonlyMap<string, Checksum> | undefined,
): Member {
  if (checksums === undefined) return member
  const checksum = checksums.get(file ?? '')
  if (checksum !== undefined) return { ...member, checksum }
  return { ...member, lost: member.lost ?? 'the manifest (.mf) does not name it' }
}

async function fileMembers(files: readonly DescribedFile[], describing: Describing): Promise<Member[]> {
  const { path, window, description, checksums } = describing
  const own = description.generated ? [] : [ownMember(path, window)]
  const safe = safeNames(files.map(({ id }) => Buffer.from(id.replace(/^file\//, '').replaceAll('/', '-'))))
  const members = await Promise.all(
    files.map(async (file, i) => fileMember(file, `files/${safe[i]}`, describing)),
  )
  return [...own.map((member) => checked(member, describing.name, checksums)), ...members]
}

function ownMember(path: string, window: Window | undefined): Member {
  const content = { image: plainImage(path, window) }
  const bagPath = `description/${safeNames([Buffer.from(basename(path))])[0]}`
  return { id: 'description', kind: 'description', bagPath, content, facts: {} }
}

/** What a description names and is not there is lost; what lies outside the declared folders is refused. */
async function fileMember(file: DescribedFile, bagPath: string, describing: Describing): Promise<Member> {
  const { id, kind } = file
  const lost = (reason: string): Member => ({ id, kind, bagPath, facts: {}, lost: reason })
  if (file.lost !== undefined) return lost(file.lost)
  try {
    const { path, window } = await placeOf(file.file, describing)
    const member = { id, kind, bagPath, content: { image: plainImage(path, window) }, facts: {} }
    return checked(member, file.file, describing.checksums)
  } catch (error) {
    if (asRestituteError(error).code !== 'source-unreachable') throw error
    return lost('a file that the description names is not there')
  }
}

function plainImage(path: string, window: Window | undefined): Image {
  return { path, format: 'raw', files: [path], ...(window && { window }) }
}

/** What was left out of it would be in no package. */
function noTpm(folder: string, files: number): RestituteError {
  return new RestituteError('usage', `tpm=${folder}: expected the state of a TPM, got ${files} files`, {
    hint: 'name the folder of this machine alone',
  })
}

/** The state of a TPM is a file or a folder of a few. */
async function tpmFiles(url: DiskUrl, { description }: Describing): Promise<DescribedFile[]> {
  if (description.facts.tpm === undefined || description.files.some(({ kind }) => kind === 'tpm')) return []
  if (url.tpm === undefined) {
    const lost = 'the state of a TPM; the URL of the source can say where it lies: tpm=/folder'
    return [{ id: 'file/tpm', kind: 'tpm', file: '', lost }]
  }
  const folder = await realFolder(url.tpm)
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = names.filter((entry) => entry.isFile())
  if (found.length > mostTpmFiles) throw noTpm(url.tpm, found.length)
  return found.map((entry) => {
    const file = join(entry.parentPath, entry.name)
    return { id: `file/tpm-${file.slice(folder.length + 1).replaceAll('/', '-')}`, kind: 'tpm', file }
  })
}
