import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { buildingPlace } from '../src/index.ts'

const module = JSON.stringify(new URL('../src/building-place.ts', import.meta.url).href)
const root = mkdtempSync(join(tmpdir(), 'restitute-building-'))
afterAll(() => rmSync(root, { recursive: true }))

const remove = (path: string): Promise<void> => rm(path, { recursive: true })

/** A place in a folder of its own. */
function place(name: string): string {
  const folder = join(root, name)
  mkdirSync(folder)
  return join(folder, 'target')
}

/** A process that builds beside a place, and goes on until it is killed; by default of this account. */
async function builder(
  at: string,
  account: { readonly uid?: number } = {},
): Promise<{ child: ChildProcess; built: string }> {
  const code = `import { mkdirSync, writeFileSync } from 'node:fs'
    const { buildingPlace } = await import(${module})
    const built = await buildingPlace(${JSON.stringify(at)}, async () => {})
    mkdirSync(built)
    writeFileSync(built + '/letter.txt', 'in clear')
    process.stdout.write(built)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...account,
  })
  const [built] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, built: built.toString() }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

it('what a killed process was building is removed by the next one, not what one that lives is building', async () => {
  const at = place('killed')
  const [killed, living] = [await builder(at), await builder(at)]
  await kill(killed.child)
  try {
    const mine = await buildingPlace(at, remove)
    expect(existsSync(killed.built)).toBe(false)
    expect(existsSync(join(living.built, 'letter.txt'))).toBe(true)
    expect(mine.startsWith(`${at}.restitute-`)).toBe(true)
  } finally {
    await kill(living.child)
  }
})

it('beside a name of any length it is a name, by which the next one finds it', async () => {
  const at = `${place('long')}${'é'.repeat(120)}`
  const { child, built } = await builder(at)
  await kill(child)
  const mine = await buildingPlace(at, remove)
  mkdirSync(mine)
  expect(existsSync(built)).toBe(false)
})

it('what is not known to be a dead process’s is left alone', async () => {
  const at = place('others')
  const { child, built } = await builder(at)
  await kill(child)
  const [, own] = built.split('.restitute-')
  const [digits = '', pid = '', started = '', seen = ''] = own?.split('-') ?? []
  const elsewhere = seen.replace(/./, (digit) => (digit === '0' ? '1' : '0'))
  const others = [
    `${at}.restitute-${digits}`,
    `${at}.restitute-${digits}-${pid}-${started}-${elsewhere}`,
    `${at}.restitute-${digits}-${pid}-${started}-${seen}-kept`,
    `${at}2.restitute-${digits}-${pid}-${started}-${seen}`,
    join(root, 'others', `x-target.restitute-${digits}-${pid}-${started}-${seen}`),
  ]
  for (const other of others) writeFileSync(other, 'somebody’s')
  await buildingPlace(at, remove)
  expect(readdirSync(join(root, 'others')).map((name) => join(root, 'others', name))).toEqual(
    others.toSorted(),
  )
})

it.skipIf(process.getuid?.() !== 0)('what another account made is left alone', async () => {
  const at = place('account')
  const { child, built } = await builder(at)
  await kill(child)
  chownSync(built, 65_534, 65_534)
  await buildingPlace(at, remove)
  expect(existsSync(join(built, 'letter.txt'))).toBe(true)
})

it('what cannot be removed is named', async () => {
  const at = place('stuck')
  const { child, built } = await builder(at)
  await kill(child)
  const refused = Object.assign(new Error('refused'), { code: 'EPERM' })
  await expect(buildingPlace(at, () => Promise.reject(refused))).rejects.toMatchObject({
    code: 'restore-failed',
    message: `${built}: it cannot be removed (EPERM)`,
  })
})

it('in a folder that cannot be listed it builds all the same', async () => {
  const at = place('unlisted')
  chmodSync(root, 0o711)
  chmodSync(join(root, 'unlisted'), 0o333)
  // Root can list any.
  const { child, built } = await builder(at, process.getuid?.() === 0 ? { uid: 65_534 } : {})
  await kill(child)
  expect(built.startsWith(`${at}.restitute-`)).toBe(true)
  chmodSync(join(root, 'unlisted'), 0o700)
  expect(existsSync(join(built, 'letter.txt'))).toBe(true)
})
