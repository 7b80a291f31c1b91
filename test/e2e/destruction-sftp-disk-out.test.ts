import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { Session } from '../../cli/src/session.ts'
import { haveSftp, type SftpServer, startSftp } from '../services/sftp.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { canMount, type LoopDisk, mountLoopDisk } from '../support/loop-disk.ts'

/* What of a package lies on a server's disk is still there while that disk is not mounted. */

describe.runIf(canMount('mkfs.ext4') && haveSftp())('a package on a server that loses its disk', () => {
  let server: SftpServer
  let device: LoopDisk
  let disk: string
  beforeEach(async () => {
    server = await startSftp()
    vi.stubEnv('VAULT', server.key)
    disk = join(server.folder, 'vault')
    device = mountLoopDisk(disk)
  })
  afterEach(async () => {
    device[Symbol.dispose]()
    vi.unstubAllEnvs()
    await server[Symbol.asyncDispose]()
  })

  function newCase(): Promise<Case> {
    return openCase({
      sources: async (root) => {
        await mkdir(join(root, 'source'))
        await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
        return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
      },
      contract: (yaml) =>
        yaml.replace(
          /name: vault, url: .*, country/,
          `name: vault, url: "${server.url('vault')}", secret: env:VAULT, country`,
        ),
    })
  }

  /** In which the disk is taken out once so many files are removed. */
  function takingOut(session: Session, most: number): Session {
    let removed = 0
    const destinationOf: Session['destinationOf'] = async (place) => {
      const destination = await session.destinationOf(place)
      const remove = async (name: string): Promise<void> => {
        await destination.remove(name)
        if (++removed === most) device.umount()
      }
      return { ...destination, remove }
    }
    return { ...session, destinationOf }
  }

  it('is not gone', async () => {
    await using c = await newCase()
    const confirm = await makeReady(c)
    const options = { execute: true, see: false, confirm }
    const first = await destroy(takingOut(c.as('operator'), 3), options)
    expect(first.lines[1]).toMatch(/^failed .*no such file$/)
    await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringMatching(/the folder in which it lay .* is not there$/) as string,
    })
    expect(await outcomeIn(c)).toBe('could-not-check')
    device.mount()
    expect(await readdir(join(disk, 'R1-0001'))).toContain('manifest.json')
    const again = await destroy(c.as('operator'), options)
    expect(again.exit, again.lines.join('\n')).toBe(0)
    expect(await outcomeIn(c)).toBe('destroyed-observed-absent')
  })

  it('is gone where the last of its files was removed before anybody could say so', async () => {
    await using c = await newCase()
    const confirm = await makeReady(c)
    const options = { execute: true, see: false, confirm }
    await destroy(takingOut(c.as('operator'), 3), options)
    device.mount()
    const left = await readdir(join(disk, 'R1-0001'), { recursive: true, withFileTypes: true })
    for (const file of left.filter((one) => one.isFile())) await rm(join(file.parentPath, file.name))
    const { lines } = await destroy(c.as('operator'), options)
    expect(lines[0]).toMatch(/^gone {4}package/)
    expect(await outcomeIn(c)).toBe('observed-absent')
  })
})

async function outcomeIn(c: Case): Promise<string | undefined> {
  const { json } = await certify(c.as('verifier'), {})
  const copies = json['copies'] as readonly { kind: string; outcome: string }[]
  return copies.find(({ kind }) => kind === 'package')?.outcome
}
