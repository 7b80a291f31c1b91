import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import type { Session } from '../../cli/src/session.ts'
import { RestituteError } from '../../packages/core/src/index.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { restitute, startRestitute } from '../support/cli.ts'
import { canMount } from '../support/loop-disk.ts'
import { asked, hospital, record, report } from '../support/rehearsals.ts'

it('what a killed rehearsal leaves behind is removed by the next', async () => {
  await using c = await hospital()
  const left = join(c.dossier, 'work', 'rehearsals', 'REH1', 'client')
  await mkdir(left, { recursive: true })
  await mkdir(join(c.vault, 'REH1-0001', 'volumes'), { recursive: true })
  await writeFile(join(left, 'volume'), 'x')
  await (await open(join(c.vault, 'REH1-0001', 'volumes', '000001.tar.zst.pgp'), 'w')).close()
  const { report: r } = await report(c)
  expect(r.passed).toBe(true)
  expect(existsSync(left)).toBe(false)
  expect(readdirSync(c.vault)).toEqual([])
})

it('what a rehearsal left that could not even say where its packages go stops no later one', async () => {
  await using c = await hospital()
  const left = join(c.dossier, 'work', 'rehearsals', 'REH1')
  await mkdir(left, { recursive: true })
  await writeFile(join(left, 'place'), '')
  const { report: r } = await report(c)
  expect(r.passed).toBe(true)
  expect(existsSync(left)).toBe(false)
})

it('what a killed rehearsal left at another destination than the next one uses is removed, too', async () => {
  let other = ''
  await using c = await openCase({
    sources: async (root) => {
      other = join(root, 'other')
      await mkdir(other)
      return [{ name: 'records', url: await record(root) }]
    },
    contract: (yaml) =>
      yaml.replace(
        /^destinations:$/m,
        `destinations:\n  - { name: other, url: "directory:${other}", country: FR }`,
      ),
  })
  await pin(c)
  const left = join(c.root, 'left')
  const note = (line: string): void => {
    if (line !== 'delivering') return
    cpSync(join(c.dossier, 'work', 'rehearsals'), join(left, 'work'), { recursive: true })
    cpSync(other, join(left, 'other'), { recursive: true })
  }
  await rehearse({ ...c.as('operator'), note }, { ...asked, to: 'other' })
  await cp(join(left, 'work'), join(c.dossier, 'work', 'rehearsals'), { recursive: true })
  await cp(join(left, 'other'), other, { recursive: true })
  expect(readdirSync(other)).toEqual(['REH1-0001'])
  await rehearse(c.as('operator'), { ...asked, to: 'vault' })
  expect(readdirSync(other)).toEqual([])
})

it('interrupted after a source was rebuilt elsewhere: what was rebuilt is destroyed', async () => {
  await using c = await hospital(
    (yaml) =>
      `${yaml}rehearsal: { targets: [{ source: documents, url: "files:/tmp/${process.pid}-rebuilt" }] }\n`,
  )
  const rebuilt = `/tmp/${process.pid}-rebuilt`
  try {
    const stop = new AbortController()
    let seen = false
    const note = (line: string): void => {
      if (line !== 'restoring records') return
      seen = existsSync(rebuilt)
      stop.abort()
    }
    await expect(report(c, undefined, { note, signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    expect(seen).toBe(true)
    expect(existsSync(rebuilt)).toBe(false)
    expect(existsSync(join(c.dossier, 'work', 'rehearsals', 'REH1'))).toBe(false)
  } finally {
    await rm(rebuilt, { recursive: true, force: true })
  }
})

it('interrupted, with a copy that cannot be destroyed: the others are, and it is said which one is left', async () => {
  const rebuilt = `/tmp/${process.pid}-stuck`
  await using c = await hospital(
    (yaml) => `${yaml}rehearsal: { targets: [{ source: documents, url: "files:${rebuilt}" }] }\n`,
  )
  try {
    const stop = new AbortController()
    const notes: string[] = []
    const note = (line: string): void => {
      notes.push(line)
      if (line === 'restoring records') stop.abort()
    }
    const connectorOf: Session['connectorOf'] = async (url) => {
      const connector = await c.session.connectorOf(url)
      const destroyer = async (): Promise<never> => {
        throw new RestituteError('destroy-failed', 'it is stuck')
      }
      return url.endsWith(rebuilt) ? { ...connector, destroyer } : connector
    }
    await expect(report(c, undefined, { note, connectorOf, signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    expect(notes).toContain('not destroyed: restored documents: it is stuck')
    // The next one has to know where it is.
    expect(readdirSync(join(c.dossier, 'work', 'rehearsals', 'REH1'))).toEqual(['place', 'rebuilt'])
    expect(readdirSync(c.vault)).toEqual([])
  } finally {
    await rm(rebuilt, { recursive: true, force: true })
  }
})

it('a target that is not empty is somebody’s: it is neither written to nor destroyed', async () => {
  await using c = await hospital(
    (yaml) =>
      `${yaml}rehearsal: { targets: [{ source: records, url: "sqlite:/tmp/${process.pid}-somebodys.db" }] }\n`,
  )
  const somebodys = `/tmp/${process.pid}-somebodys.db`
  try {
    execFileSync('sqlite3', [somebodys], { input: 'CREATE TABLE kept(a); INSERT INTO kept VALUES (1);' })
    const before = await readFile(somebodys)
    const { exit, report: r } = await report(c)
    expect(exit).toBe(1)
    expect(r.failures.map(({ step, code }) => [step, code])).toEqual([['restore', 'target-not-empty']])
    expect(await readFile(somebodys)).toEqual(before)
  } finally {
    await rm(somebodys, { force: true })
  }
})

/** A case whose rehearsals rebuild the documents elsewhere. */
async function rebuiltElsewhere(elsewhere: string): Promise<Case> {
  return hospital(
    (yaml) => `${yaml}rehearsal: { targets: [{ source: documents, url: "files:${elsewhere}" }] }\n`,
  )
}

function rehearsalOf(c: Case): string[] {
  return ['rehearse', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--sample', '20%']
}

/** A rehearsal that is killed once it has rebuilt the documents. */
async function killedAfterDocuments(c: Case): Promise<void> {
  const { child, done } = startRestitute(rehearsalOf(c))
  let said = ''
  child.stderr?.on('data', (some: Buffer) => {
    said += some.toString()
    if (said.includes('restoring records')) child.kill('SIGKILL')
  })
  expect((await done).exit).toBe(-1)
}

it('what a killed rehearsal had rebuilt elsewhere is destroyed by the next, which can rebuild there again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'restitute-elsewhere-'))
  await using c = await rebuiltElsewhere(join(root, 'rebuilt'))
  try {
    await killedAfterDocuments(c)
    expect(readdirSync(root)).toEqual(['rebuilt'])
    const { exit, stderr } = await restitute(rehearsalOf(c))
    expect(stderr).toContain(`rehearsal REH1 rebuilt of documents at files:${join(root, 'rebuilt')} is gone`)
    expect(exit).toBe(0)
    expect(readdirSync(root)).toEqual([])
  } finally {
    await rm(root, { recursive: true })
  }
})

it('somebody’s data where a killed rehearsal had rebuilt some is left alone, and said', async () => {
  const root = await mkdtemp(join(tmpdir(), 'restitute-elsewhere-'))
  const rebuilt = join(root, 'rebuilt')
  await using c = await rebuiltElsewhere(rebuilt)
  try {
    await killedAfterDocuments(c)
    await rename(rebuilt, join(root, 'moved'))
    await cp(join(root, 'moved'), rebuilt, { recursive: true })
    const before = readdirSync(rebuilt, { recursive: true })
    const { exit, stderr } = await restitute(rehearsalOf(c))
    expect(stderr).toContain(
      `files:${rebuilt} may be there still, patients' data in clear (something else is there)`,
    )
    expect(exit).toBe(1)
    expect(readdirSync(rebuilt, { recursive: true })).toEqual(before)
  } finally {
    await rm(root, { recursive: true })
  }
})

it.runIf(canMount())(
  'what a killed rehearsal had rebuilt on a disk that is not mounted is not gone',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'restitute-elsewhere-'))
    const [disk, at] = [join(root, 'disk'), join(root, 'mnt')]
    for (const folder of [disk, at]) await mkdir(folder)
    execFileSync('mount', ['--bind', disk, at])
    await using c = await rebuiltElsewhere(join(at, 'rebuilt'))
    try {
      await killedAfterDocuments(c)
      execFileSync('umount', [at])
      const { exit, stderr } = await restitute(rehearsalOf(c))
      expect([exit, stderr]).toEqual([4, expect.stringMatching(/rebuilt of documents .* is not there\n/)])
      expect(readdirSync(disk)).toEqual(['rebuilt'])
      execFileSync('mount', ['--bind', disk, at])
      expect((await restitute(rehearsalOf(c))).stderr).toContain('rebuilt is gone')
      expect(readdirSync(disk)).toEqual([])
    } finally {
      spawnSync('umount', [at])
      await rm(root, { recursive: true })
    }
  },
)
