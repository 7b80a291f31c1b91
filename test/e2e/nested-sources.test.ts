import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { nestedSources } from '../../packages/dossier/src/index.ts'
import type { Contract } from '../../packages/manifest/src/index.ts'
import { type Case, type CaseSource, makeReady, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { treeDigest } from '../support/tree-digest.ts'

/* A source that lies in another one: what the contract excludes there must neither leave nor be destroyed with it. */

let c: Case
afterEach(() => c[Symbol.asyncDispose]())

const excluded = 'excluded: "it belongs to another client"'

/** A folder of letters, with one of somebody else's in it. */
async function letters(root: string): Promise<string> {
  const folder = join(root, 'source', 'letters')
  await mkdir(join(folder, 'theirs'), { recursive: true })
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  await writeFile(join(folder, 'theirs', 'letter.txt'), 'Dear other colleague\n')
  return folder
}

const within = async (root: string): Promise<CaseSource[]> => {
  const folder = await letters(root)
  return [
    { name: 'letters', url: `files:${folder}` },
    { name: 'theirs', url: `files:${join(folder, 'theirs')}`, more: excluded },
  ]
}

it.each<[string, string[]]>([
  ['inventory', []],
  ['export', []],
  ['export', ['--source', 'letters']],
  ['rehearse', []],
  ['check', []],
])('what the contract excludes is not read with the source that it lies in: %s %s', async (command, more) => {
  c = await openCase({ sources: within })
  await pin(c)
  const acting = ['--dossier', c.dossier, '--as', c.keyFile('operator')]
  const run = await restitute([command, ...more, ...acting])
  expect(run.exit, run.stdout).toBe(2)
  expect(run.stdout + run.stderr).toContain(
    'source letters holds source theirs, which the contract excludes, and would be exported and destroyed with it',
  )
})

it('what the contract excludes is not destroyed where a link has put it into a source since', async () => {
  const elsewhere = (root: string): string => join(root, 'theirs')
  c = await openCase({
    sources: async (root) => {
      const folder = await letters(root)
      await mkdir(elsewhere(root))
      return [
        { name: 'letters', url: `files:${folder}` },
        { name: 'theirs', url: `files:${elsewhere(root)}`, more: excluded },
      ]
    },
  })
  const confirm = await makeReady(c)
  await rm(elsewhere(c.root), { recursive: true })
  await symlink(join(c.root, 'source', 'letters', 'theirs'), elsewhere(c.root))
  expect(await destroyed(confirm)).toMatchObject({ exit: 6, error: { guards: ['scope'] } })
})

it('a source goes with the one that it lies in only where the order names both', async () => {
  c = await openCase({
    sources: async (root) => {
      const folder = await letters(root)
      return [
        { name: 'letters', url: `files:${folder}` },
        { name: 'theirs', url: `files:${join(folder, 'theirs')}` },
      ]
    },
  })
  const confirm = await makeReady(c, { copies: ['letters'] })
  expect(await destroyed(confirm)).toMatchObject({ exit: 6, error: { guards: ['scope'] } })
})

/** Tries to, and sees that nothing was. */
async function destroyed(confirm: readonly string[]): Promise<unknown> {
  const before = await treeDigest(join(c.root, 'source'))
  const typed = confirm.flatMap((line) => ['--confirm', line])
  const acting = ['--dossier', c.dossier, '--as', c.keyFile('operator')]
  const run = await restitute(['destroy', '--execute', '--json', ...acting, ...typed])
  expect(await treeDigest(join(c.root, 'source'))).toBe(before)
  return run.json()
}

/** Mounts a folder in a second place, while something is done; false where this process may not. */
async function seenTwice(from: string, to: string, act: () => Promise<void>): Promise<boolean> {
  if (spawnSync('mount', ['--bind', from, to], { stdio: 'ignore' }).status !== 0) return false
  try {
    await act()
  } finally {
    execFileSync('umount', [to])
  }
  return true
}

describe('one source lies in another', () => {
  const found = async (...urls: readonly string[]): Promise<string[]> => {
    const sources = urls.map((url) => ({ name: url, url }))
    const contract = { instances: [{ code: 'PRIM', country: 'FR', sources }] } as unknown as Contract
    return (await nestedSources(contract, connectorOf)).map(
      ({ outer, inner }) => `${inner.url} in ${outer.url}`,
    )
  }

  it.each([
    ['files:/srv/ehr', 'files:/srv/ehr/old/'],
    ['files:/srv/ehr/', 'sqlite:/srv/ehr/../ehr/records.db'],
    ['files:/', 'oci:layout:/srv/images'],
    ['disk:/srv/vm/', 'disk:/srv/vm/guest.qcow2?format=qcow2'],
    [
      's3://letters?endpoint=https://s3.example.org',
      's3://letters/old?endpoint=https://s3.example.org/&region=x',
    ],
    ['oci:https://registry.example.org/', 'oci:https://registry.example.org/old/records'],
    ['oci:https://registry.example.org/old/', 'oci:https://registry.example.org/old/letters/'],
  ])('%s holds %s', async (outer, inner) => {
    expect(await found(outer, inner)).toEqual([`${inner} in ${outer}`])
  })

  it.each([
    ['what is mounted in it', 'their own', 'letters/theirs', 'files:their own'],
    ['what is mounted in it, deeper', 'their own', 'letters/theirs', 'files:their own/deeper'],
    ['what of it is mounted elsewhere', 'letters/theirs', 'their own', 'files:their own'],
    ['what is mounted over it as a whole', 'letters', 'their own', 'sqlite:their own/theirs/records.db'],
  ])('%s, under another name', async (_, from, to, inner) => {
    const root = await mkdtemp(join(tmpdir(), 'restitute-bind-'))
    for (const folder of ['letters/theirs', 'their own/deeper'])
      await mkdir(join(root, folder), { recursive: true })
    const at = (path: string): string => path.replace(/(?<=^\w+:)/, `${root}/`)
    const outer = `files:${root}/letters`
    await seenTwice(join(root, from), join(root, to), async () => {
      expect(await found(outer, at(inner))).toContain(`${at(inner)} in ${outer}`)
    })
    expect(await found(outer, at(inner))).toEqual([])
    await rm(root, { recursive: true })
  })

  it.each([
    ['files:/srv/ehr', 'files:/srv/ehr-old'],
    ['sqlite:/srv/ehr.db', 'sqlite:/srv/ehr.db-old'],
    ['s3://letters/a', 's3://letters/ab'],
    ['s3://letters?endpoint=https://s3.example.org', 's3://letters/old?endpoint=https://s4.example.org'],
    ['oci:https://registry.example.org/old', 'oci:https://registry.example.org/old/letters'],
    ['postgres://reader@db.example.org/a', 'postgres://reader@db.example.org/b'],
    ['files:/srv/ehr', 'paper:archive in the cellar'],
  ])('%s does not hold %s', async (outer, inner) => {
    expect(await found(outer, inner)).toEqual([])
  })
})
