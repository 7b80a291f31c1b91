import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceSpec } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { programConnector } from '../src/index.ts'
import { sampleProgram, script, temporaryFolder } from './support.ts'

const { signal } = new AbortController()

/** A system of the sample program, with one table. */
function systemIn(folder: string): { source: SourceSpec; system: string } {
  const system = join(folder, 'system')
  mkdirSync(system)
  writeFileSync(join(system, 'patients'), 'Zoë\n')
  return { source: { name: 'vendor', url: `program:${sampleProgram(folder)}?system=${system}` }, system }
}

describe('a system of a program', () => {
  it.each([
    ['changed', 'patients', 'Ana\n'],
    ['made', 'visits', '1\n'],
  ])('in which a table is %s after its destruction was begun is not destroyed', async (_, table, rows) => {
    using folder = temporaryFolder()
    const { source, system } = systemIn(folder.path)
    {
      await using destroyer = await programConnector.destroyer(source, signal)
      writeFileSync(join(system, table), rows)
      const before = readdirSync(system)
      await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
        code: 'destroy-failed',
        message: expect.stringContaining('somebody wrote to it'),
        details: { untouched: true },
      })
      expect(readdirSync(system)).toEqual(before)
    }
    await using again = await programConnector.destroyer(source, signal)
    expect(await Array.fromAsync(again.destroy(signal))).toHaveLength(1)
    expect(existsSync(system)).toBe(false)
  })

  it('that is gone by then is no error', async () => {
    using folder = temporaryFolder()
    const { source, system } = systemIn(folder.path)
    await using destroyer = await programConnector.destroyer(source, signal)
    rmSync(system, { recursive: true })
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([])
  })

  it('that the account which destroys may not read is destroyed, and the certificate is told', async () => {
    using folder = temporaryFolder()
    const path = script(
      folder.path,
      `read -r request
case "$1" in
describe) echo '{"description":{"format":"dumps","identity":"one"}}' ;;
open|inventory) echo '{"error":"no right to read"}'; exit 0 ;;
destroy) echo '{"step":{"action":"drop","object":"HR"}}' ;;
esac
echo '{"done":true}'`,
    )
    await using destroyer = await programConnector.destroyer(
      { name: 'vendor', url: `program:${path}` },
      signal,
    )
    expect(destroyer.method.limits.join()).toContain('The account that destroys may not read the system')
    expect(await Array.fromAsync(destroyer.destroy(signal))).toHaveLength(1)
  })
})
