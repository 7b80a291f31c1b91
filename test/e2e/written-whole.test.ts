import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { challenge } from '../../cli/src/commands/challenge.ts'
import { deliver } from '../../cli/src/commands/deliver.ts'
import { init } from '../../cli/src/commands/init.ts'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { log } from '../../cli/src/commands/log.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { status } from '../../cli/src/commands/status.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { sayPlace } from '../../packages/rehearsal/src/drill/throwaways.ts'
import { openJournals } from '../../packages/run/src/index.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'

/* What cannot be written costs nothing that is there, and is said as what it is. */

let c: Case
let root: string
let disk: SmallDisk | undefined
const full = (): string => join(root, 'full')
beforeAll(async () => {
  c = await openCase({
    sources: async (folder) => {
      await mkdir(join(folder, 'source'))
      await writeFile(join(folder, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'letters', url: `files:${join(folder, 'source')}` }]
    },
  })
  await pin(c)
  root = await mkdtemp(join(tmpdir(), 'restitute-full-'))
  disk = mountSmallDisk(full(), 1)
})
afterAll(async () => {
  disk?.[Symbol.dispose]()
  await rm(root, { recursive: true, force: true })
  await c[Symbol.asyncDispose]()
})

/** Nothing more goes on the disk. */
function fill(): void {
  execFileSync('sh', ['-c', `cat /dev/zero > ${join(full(), 'filler')} 2>/dev/null; true`])
}

const notWritten = (message: string) => ({
  code: 'destination-failed',
  message: expect.stringContaining(message),
})

it('a signature stays as it was when the disk is full, with its time stamp', async () => {
  if (disk === undefined) return
  const file = join(full(), 'letter.txt')
  await writeFile(file, 'Dear colleague\n')
  await sign(c.as('host'), file)
  const signature = `${file}.${c.cast.key('host').fingerprint}.asc`
  await writeFile(`${signature}.tsr`, 'stamp')
  const before = await readFile(signature)
  fill()
  await expect(sign(c.as('host'), file)).rejects.toMatchObject(notWritten('ENOSPC'))
  expect((await readFile(signature)).equals(before)).toBe(true)
  expect((await readdir(full())).sort()).toEqual(
    [
      'filler',
      'letter.txt',
      ...[signature, `${signature}.tsr`].map((path) => path.slice(full().length + 1)),
    ].sort(),
  )
})

it('traces that do not fit leave no file', async () => {
  if (disk === undefined) return
  fill()
  const out = join(full(), 'traces.jsonl')
  await expect(log(c.as('operator'), 'extract', { out })).rejects.toMatchObject(notWritten('ENOSPC'))
  expect(await readdir(full())).not.toContain('traces.jsonl')
})

it('traces whose signature cannot be written leave no file either', async () => {
  const out = join(c.slips, 'traces.jsonl')
  await mkdir(`${out}.${c.cast.key('operator').fingerprint}.asc`)
  await expect(log(c.as('operator'), 'extract', { out })).rejects.toMatchObject(notWritten('EISDIR'))
  expect(await readdir(c.slips)).not.toContain('traces.jsonl')
})

it('a scope, and challenges, that cannot be written are no fault of the program, and no challenge was sent', async () => {
  const nowhere = join(c.root, 'nowhere', 'scope-R1.json')
  const scope = inventory(c.session, { sources: [], scope: nowhere })
  await expect(scope).rejects.toMatchObject(notWritten('ENOENT'))
  const out = join(c.dossier, 'contract.yaml', 'slips')
  await expect(challenge(c.as('operator'), { out })).rejects.toMatchObject(notWritten('ENOTDIR'))
  expect((await openDossier(c.dossier)).ledger.events()).toHaveLength(1)
})

it('a dossier that is mounted for reading alone can be looked at, and says why nothing is recorded in it', async () => {
  const folder = join(root, 'copy')
  const copy = mountSmallDisk(folder, 8)
  if (copy === undefined) return
  try {
    await exportPackage(c)
    await cp(c.dossier, folder, { recursive: true })
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const notes: string[] = []
    const session = { ...c.as('operator'), dossierDir: folder, note: (line: string) => void notes.push(line) }
    expect((await status(session)).exit).toBe(0)
    expect(notes.join()).toContain('whether an export runs cannot be seen')
    const hint = expect.stringContaining('mounted for it')
    await expect(challenge(session, { out: c.slips })).rejects.toMatchObject({ message: /EROFS/, hint })
    const inside = init(session, { dir: join(folder, 'new'), sources: [], clients: [] })
    await expect(inside).rejects.toMatchObject({ code: 'destination-failed' })
  } finally {
    copy[Symbol.dispose]()
  }
})

it('a disk that is mounted for reading alone is called so, and not one that is not there', async () => {
  const folder = join(root, 'for-reading')
  const medium = mountSmallDisk(folder, 8)
  if (medium === undefined) return
  try {
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const handed = deliver(c.as('operator'), { to: folder, medium: 'WX-9', country: 'FR' })
    await expect(handed).rejects.toMatchObject({ code: 'destination-unreachable', message: /EROFS/ })
  } finally {
    medium[Symbol.dispose]()
  }
})

it('a rehearsal that finds its disk full says so', async () => {
  if (disk === undefined) return
  const folder = join(full(), 'REH1')
  await mkdir(folder, { recursive: true })
  fill()
  const place = { name: 'vault', url: `directory:${c.vault}` }
  await expect(sayPlace({ folder, place })).rejects.toMatchObject({ code: 'destination-full' })
})

it('a journal that cannot be opened on a full disk is no fault of the program', async () => {
  if (disk === undefined) return
  const work = join(full(), 'work')
  await rm(join(full(), 'filler'), { force: true })
  await cp(join(c.dossier, 'work'), work, { recursive: true })
  fill()
  expect(() => openJournals(work, [{ package: 'R1-0001', manifestSha256: '0'.repeat(64) }])).toThrow(
    expect.objectContaining({ code: 'destination-failed', message: expect.stringContaining(work) }),
  )
})

it('an event that another process recorded before the dossier was read does not come before the clock', async () => {
  const { ledger } = await openDossier(c.dossier)
  const at = new Date(c.clock.at.getTime() + 60_000)
  const key = c.cast.key('operator')
  await ledger.append({ type: 'hold', operation: 'R1', body: {}, key, at })
  const file = join(c.slips, 'letter.txt')
  await writeFile(file, 'we contest\n')
  let isRead = false
  const session = {
    ...c.as('operator'),
    get dossierDir(): string {
      isRead = true
      return c.dossier
    },
    clock: { now: () => (isRead ? at : c.clock.at) },
  }
  await expect(recordFile(session, { kind: 'contest', file })).resolves.toMatchObject({ exit: 0 })
})
