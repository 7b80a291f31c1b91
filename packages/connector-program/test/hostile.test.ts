import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry, Item, Loss, SourceSpec } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { programConnector } from '../src/index.ts'
import { script, temporaryFolder } from './support.ts'

const { signal } = new AbortController()
const description = `echo '{"description":{"format":"dumps","identity":"one"}}'; echo '{"done":true}'`
const view = `echo '{"view":{"point":"now","consistency":"per-item"}}'; cat > /dev/null; echo '{"done":true}'`
const done = `echo '{"done":true}'`

/** A program that is well until it is asked for one thing. */
function programOf(folder: string, verb: string, act: string): SourceSpec {
  const path = script(
    folder,
    `read -r request
case "$1" in
${verb}) ${act} ;;
describe) ${description} ;;
open) ${view} ;;
*) ${done} ;;
esac`,
  )
  return { name: 'vendor', url: `program:${path}` }
}

async function inventoryOf(source: SourceSpec, asked: AbortSignal = signal): Promise<Item[]> {
  await using exporter = await programConnector.freeze(source, asked)
  return await Array.fromAsync(exporter.inventory(asked))
}

async function exportOf(source: SourceSpec, ids: readonly string[]): Promise<(Entry | Loss)[]> {
  await using exporter = await programConnector.freeze(source, signal)
  const items = ids.map((id): Item => ({ id, kind: 'table', bytes: 4, mark: '1' }))
  const shard = { id: '000002', first: 2, last: 2, bytes: 0, slice: { partBytes: 1024 } }
  const found: (Entry | Loss)[] = []
  for await (const one of exporter.read(shard, each(items), signal)) {
    if (!('lost' in one)) for await (const _ of one.content());
    found.push(one)
  }
  return found
}

async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}

const item = (id: string): string => `echo '{"item":{"id":"${id}","kind":"table","bytes":1,"mark":"1"}}'`

describe('a program that does not keep to the protocol', () => {
  it.each([
    ['prints something else', 'echo Hello', 'hostile-input', 'a JSON object on each line'],
    [
      'prints a line without end',
      'head -c 3000000 /dev/zero',
      'hostile-input',
      'lines of at most 1048576 bytes',
    ],
    [
      'prints items in another order',
      `${item('b')}; ${item('a')}; ${done}`,
      'hostile-input',
      'ascending order',
    ],
    ['prints an item twice', `${item('a')}; ${item('a')}; ${done}`, 'hostile-input', 'ascending order'],
    [
      'prints sizes that are none',
      `echo '{"item":{"id":"a","kind":"t","bytes":-1,"mark":""}}'`,
      'hostile-input',
      'a whole number as "bytes"',
    ],
    ['ends without a word', 'true', 'source-unreachable', 'no {"done":true}'],
    ['ends with a failure', `${done}; exit 3`, 'source-unreachable', 'exit 3'],
    ['is killed', 'kill -9 $$', 'source-unreachable', 'by a signal'],
    [
      'says what is wrong',
      `echo '{"error":"the listener is down"}'`,
      'source-unreachable',
      'the listener is down',
    ],
  ])('%s', async (_, act, code, reason) => {
    using folder = temporaryFolder()
    const run = inventoryOf(programOf(folder.path, 'inventory', act))
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(reason) })
  })

  it.each([
    ['leads out of its folder', `echo '{"entry":{"item":"a","path":"../../x","size":0}}'`, 'a relative path'],
    ['is absolute', `echo '{"entry":{"item":"a","path":"/etc/passwd","size":0}}'`, 'a relative path'],
    [
      'comes twice',
      `for i in 1 2; do echo '{"entry":{"item":"a","path":"x","size":0}}'; done`,
      'each path once',
    ],
    [
      'is of an item that nobody asked for',
      `echo '{"entry":{"item":"z","path":"x","size":0}}'`,
      'items that were asked for',
    ],
    ['is shorter than it says', `echo '{"entry":{"item":"a","path":"x","size":9}}'; printf 1234`, '9 bytes'],
  ])('exports an entry that %s', async (_, act, reason) => {
    using folder = temporaryFolder()
    const run = exportOf(programOf(folder.path, 'export', act), ['a', 'b'])
    await expect(run).rejects.toMatchObject({
      code: 'hostile-input',
      message: expect.stringContaining(reason),
    })
  })

  it('exports nothing of an item: it is lost, not passed over', async () => {
    using folder = temporaryFolder()
    const act = `echo '{"entry":{"item":"a","path":"x","size":4}}'; printf 1234; ${done}`
    const found = await exportOf(programOf(folder.path, 'export', act), ['a', 'b'])
    expect(found.at(-1)).toEqual({ item: 'b', lost: 'the program did not deliver it' })
  })

  it('answers many items one by one: it is read while it is asked', async () => {
    using folder = temporaryFolder()
    const answer = `{"lost":{"item":"\\1","reason":"${'x'.repeat(50)}"}}`
    const act = `sed 's/^{"item":"\\(.*\\)"}$/${answer}/'; ${done}`
    const ids = Array.from({ length: 20_000 }, (_, i) => `table-${String(i).padStart(6, '0')}`)
    const found = await exportOf(programOf(folder.path, 'export', act), ids)
    expect(found).toHaveLength(ids.length)
  })

  it('hangs, deaf to SIGTERM: an interruption ends it', async () => {
    using folder = temporaryFolder()
    const mark = join(folder.path, 'pid')
    const source = programOf(
      folder.path,
      'inventory',
      `trap '' TERM; echo $$ > ${mark}; while :; do sleep 0.1; done`,
    )
    const stop = new AbortController()
    const run = inventoryOf(source, stop.signal)
    run.catch(() => {})
    while (!existsSync(mark) || readFileSync(mark, 'utf8') === '') await sleep(20)
    stop.abort()
    await expect(run).rejects.toMatchObject({ code: 'interrupted' })
    expect(() => process.kill(Number(readFileSync(mark, 'utf8')), 0)).toThrow('ESRCH')
  })

  it('is killed and leaves one behind that holds its output: an interruption ends it', async () => {
    using folder = temporaryFolder()
    const mark = join(folder.path, 'pid')
    const source = programOf(folder.path, 'inventory', `sleep 30 & echo $! > ${mark}; kill -9 $$`)
    const stop = new AbortController()
    const run = inventoryOf(source, stop.signal)
    run.catch(() => {})
    while (!existsSync(mark) || readFileSync(mark, 'utf8') === '') await sleep(20)
    await sleep(200)
    stop.abort()
    try {
      await expect(Promise.race([run, sleep(5_000)])).rejects.toMatchObject({ code: 'interrupted' })
    } finally {
      process.kill(Number(readFileSync(mark, 'utf8')))
    }
  })

  it('takes its input slowly: waiting for it leaves nothing behind', async () => {
    using folder = temporaryFolder()
    const act = `echo '{"ready":true}'; cat > /dev/null; ${done}`
    const warnings: string[] = []
    const onWarning = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', onWarning)
    await using restorer = await programConnector.restore(programOf(folder.path, 'restore', act), signal)
    const chunk = new Uint8Array(256 * 1024)
    const content = (): AsyncIterable<Uint8Array> => each(Array.from({ length: 64 }, () => chunk))
    const shape = { path: 'data/x', type: 'file', mode: 0o600, modified: 0n } as const
    await restorer.accept({ ...shape, item: 'a', size: 64 * chunk.length, content }, signal)
    await restorer.finish(each([]), signal)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('may be changed by others: it is not run', async () => {
    using folder = temporaryFolder()
    const source = programOf(folder.path, 'inventory', `touch ${folder.path}/ran`)
    chmodSync(join(folder.path, 'program'), 0o777)
    await expect(inventoryOf(source)).rejects.toMatchObject({ code: 'usage' })
    expect(existsSync(join(folder.path, 'ran'))).toBe(false)
  })

  it('cannot look: that is not "gone"', async () => {
    using folder = temporaryFolder()
    await using prober = await programConnector.prober(programOf(folder.path, 'probe', 'exit 1'), signal)
    expect((await prober.look(signal)).state).toBe('could-not-check')
  })
})

describe('a program that is to destroy', () => {
  /** It says who its system is by a file, and keeps what it was asked to destroy. */
  function described(folder: string): {
    source: SourceSpec
    become: (identity: string) => void
    asked: () => string
  } {
    const [identity, requests] = [join(folder, 'identity'), join(folder, 'requests')]
    const become = (name: string): void => writeFileSync(identity, name)
    writeFileSync(requests, '')
    become('one')
    const text = `{"description":{"format":"dumps","identity":"'"$(cat ${identity})"'"}}`
    const path = script(
      folder,
      `read -r request
case "$1" in
describe) [ -s ${identity} ] || { echo '{"error":"no such system"}'; exit 0; }; echo '${text}' ;;
open|inventory) ;;
*) echo "$request" >> ${requests} ;;
esac
${done}`,
    )
    const asked = (): string => readFileSync(requests, 'utf8')
    return { source: { name: 'vendor', url: `program:${path}` }, become, asked }
  }

  it('is told which system is meant', async () => {
    using folder = temporaryFolder()
    const { source, asked } = described(folder.path)
    await using destroyer = await programConnector.destroyer(source, signal)
    await Array.fromAsync(destroyer.plan(signal))
    await Array.fromAsync(destroyer.destroy(signal))
    const told = asked()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(told).toMatchObject([
      { verb: 'plan', identity: 'one' },
      { verb: 'destroy', identity: 'one' },
    ])
  })

  it('is not asked when another system has come in the place of the one that was meant', async () => {
    using folder = temporaryFolder()
    const { source, become, asked } = described(folder.path)
    await using destroyer = await programConnector.destroyer(source, signal)
    become('another')
    await using other = await programConnector.destroyer(source, signal)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining(`expected ${destroyer.fingerprint}, got ${other.fingerprint}`),
    })
    expect(asked()).toBe('')
  })

  it('is asked when the system does not say any more who it is: what is gone already is no error', async () => {
    using folder = temporaryFolder()
    const { source, become, asked } = described(folder.path)
    await using destroyer = await programConnector.destroyer(source, signal)
    become('')
    await Array.fromAsync(destroyer.destroy(signal))
    expect(JSON.parse(asked())).toMatchObject({ verb: 'destroy', identity: 'one' })
  })
})

describe('what a program is told', () => {
  it('comes on its standard input, the secret too: not by arguments or environment', async () => {
    using folder = temporaryFolder()
    const act = `echo "$request" > ${folder.path}/request; echo "$*" > ${folder.path}/arguments; env > ${folder.path}/environment; ${done}`
    const source = programOf(folder.path, 'inventory', act)
    await inventoryOf({ ...source, url: `${source.url}?instance=PROD&schema=HR`, secret: 'tiger-9' })
    const read = (name: string): string => readFileSync(join(folder.path, name), 'utf8')
    expect(JSON.parse(read('request'))).toEqual({
      protocol: 1,
      verb: 'inventory',
      source: 'vendor',
      parameters: { instance: 'PROD', schema: 'HR' },
      secret: 'tiger-9',
      token: null,
    })
    expect(read('arguments')).toBe('inventory\n')
    expect(read('environment')).not.toContain('tiger-9')
  })
})
