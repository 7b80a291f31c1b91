import { randomFillSync } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { destinationOf } from '../../cli/src/destinations.ts'
import { haveSftp, startSftp } from '../services/sftp.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { deliverArguments } from '../support/deliver.ts'
import { available } from '../support/programs.ts'
import { expectFailure, expectResumable } from '../support/refusal.ts'
import { type Remote, remoteKinds } from '../support/remotes.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

vi.setConfig({ testTimeout: 300_000 })

const mebibyte = 1024 * 1024

/** A case of one source of 24 MiB that does not compress, whose vault is elsewhere when a URL is given. */
async function newCase(vault?: string): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'scan.dcm'), randomFillSync(Buffer.alloc(24 * mebibyte)))
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
    ...(vault !== undefined && {
      contract: (yaml) =>
        yaml.replace(
          /name: vault, url: .*, country/,
          `name: vault, url: "${vault}", secret: env:VAULT, country`,
        ),
    }),
  })
  await pin(c)
  return c
}

function exporting(c: Case, secret: string) {
  return restitute(['export', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--json'], {
    VAULT: secret,
  })
}

describe.each(remoteKinds)('an export straight to $kind', ({ available: isThere, start }) => {
  describe.runIf(isThere())('of a real server', () => {
    let remote: Remote
    beforeAll(async () => void (remote = await start()))
    afterAll(() => remote?.[Symbol.asyncDispose]())

    async function namesAt(url: string): Promise<string[]> {
      const destination = await destinationOf({ url, secret: remote.secret })
      return (await Array.fromAsync(destination.list())).map(({ name }) => name)
    }

    it('is read back, verifies from there by the contract alone, and keeps its secret', async () => {
      const place = remote.url('vault')
      await using c = await newCase(place)
      const checked = await restitute(['check', '--dossier', c.dossier, '--json'], { VAULT: remote.secret })
      const reached = { about: 'vault', severity: 'ok', message: expect.stringMatching(/free|reachable/) }
      expect(checked.json()['remarks']).toContainEqual({ ...reached, exit: 0 })
      const done = await exporting(c, remote.secret)
      expect(done.json(), done.stderr).toMatchObject({ exit: 0, package: 'R1-0001' })
      const url = String(done.json()['url'])
      expect(await namesAt(url)).toContain('volumes/000001.tar.zst.pgp')
      const key = ['--key', c.keyFile('client-1'), '--dossier', c.dossier]
      const verified = await restitute(['verify', url, ...key, '--secret', 'env:VAULT', '--json'], {
        VAULT: remote.secret,
      })
      expect(verified.json(), verified.stderr).toMatchObject({ verdict: 'valid' })
      const [, line = ''] = remote.secret.split(/[\n:]/)
      expect(line.length).toBeGreaterThan(8)
      expect(await filesWith(c.root, line)).toEqual([])
      expect(done.stdout + done.stderr + verified.stdout + verified.stderr).not.toContain(line)
    })

    it('with a wrong secret says so once, and leaves nothing', async () => {
      const place = remote.url('refused')
      await using c = await newCase(place)
      const run = await exporting(c, remote.wrongSecret)
      expectFailure(run, { code: 'access-refused', exit: 4, hint: /secret/ })
      const [, line = ''] = remote.wrongSecret.split(/[\n:]/)
      expect(run.stdout + run.stderr).not.toContain(line)
      expect(await namesAt(place)).toEqual([])
      await expectResumable(c.dossier, c.vault)
    })

    it('with no secret behind the reference changes nothing', async () => {
      await using c = await newCase(remote.url('nothing'))
      expectFailure(await exporting(c, ''), { code: 'secret-missing', exit: 4, message: /env:VAULT/ })
    })
  })
})

describe.runIf(remoteKinds[0].available())('a bucket that is not there', () => {
  it('is named, with what to do', async () => {
    await using remote = await remoteKinds[0].start()
    await using c = await newCase(remote.url('x').replace('s3://packages', 's3://elsewhere'))
    const run = await exporting(c, remote.secret)
    expectFailure(run, {
      code: 'destination-unreachable',
      exit: 4,
      message: /NoSuchBucket/,
      hint: /make the bucket/,
    })
  })
})

describe.runIf(haveSftp())('an SFTP server', () => {
  const other = `SHA256:${'A'.repeat(43)}`

  it.each([
    ['with another host key than the one pinned', other, /expected the host key SHA256:A+, got SHA256:/],
    ['whose host key nobody has pinned', '', /no host key is pinned, got SHA256:/],
  ])('%s is refused before anything is sent', async (_, pinned, message) => {
    await using server = await startSftp()
    const place = server.url('x').replace(/\?fingerprint=.*/, pinned === '' ? '' : `?fingerprint=${pinned}`)
    await using c = await newCase(place)
    const run = await exporting(c, server.key)
    expectFailure(run, { code: 'host-key-wrong', exit: 4, message, hint: /channel|compare/ })
    expect(run.json()['error']).toMatchObject({ got: server.fingerprint })
    expect(await readdir(server.folder)).toEqual([])
  })

  it('whose disk is full says so; once there is room, the delivery goes on', async () => {
    await using server = await startSftp()
    {
      using disk = mountSmallDisk(join(server.folder, 'full'), 16)
      if (!available(disk !== undefined, 'no right to mount a tmpfs')) return
      await using c = await newCase()
      await exportPackage(c)
      const args = deliverArguments(c, server.url('full'), 'env:CLIENT_KEY')
      const run = await restitute(args, { CLIENT_KEY: server.key })
      expectFailure(run, { code: 'destination-full', exit: 1, hint: /room/ })
      const names = await readdir(join(server.folder, 'full'), { recursive: true })
      expect(names.filter((name) => /manifest\.json$|000001\.tar\.zst\.pgp$/.test(name))).toEqual([])
      disk?.grow(64)
      const again = await restitute(args, { CLIENT_KEY: server.key })
      expect(again.json(), again.stderr).toMatchObject({ exit: 0 })
    }
  })
})

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((f) => f.isFile())
  const paths = found.map((file) => join(file.parentPath, file.name))
  const contents = await Promise.all(paths.map((path) => readFile(path)))
  return paths.filter((_, i) => contents[i]?.includes(text))
}
