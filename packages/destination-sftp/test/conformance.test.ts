import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { destinationCases } from '@restitute/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haveSftp, type SftpServer, startSftp } from '../../../test/services/sftp.ts'
import { sftpDestination } from '../src/index.ts'

describe.runIf(haveSftp())('destination-sftp on OpenSSH keeps every promise', () => {
  let server: SftpServer
  beforeAll(async () => void (server = await startSftp()))
  afterAll(() => server[Symbol.asyncDispose]())
  let made = 0
  const destination = async () => {
    const url = server.url(`case-${++made}/R1-0001`)
    return {
      destination: sftpDestination({ url, secret: server.key }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  it.each(destinationCases({ destination }))('$name', ({ run }) => run())

  it('names the folder that cannot be made, and not a file that was never begun', async () => {
    await writeFile(join(server.folder, 'a file'), '')
    const place = sftpDestination({ url: server.url('a file/R1-0001'), secret: server.key })
    await expect(place.create('volumes/000001')).rejects.toMatchObject({
      code: 'destination-unreachable',
      message: expect.stringMatching(/making the folder .*a file\/R1-0001/),
      hint: expect.stringMatching(/path/),
    })
  })

  it('names the port at which nobody answers', async () => {
    const place = sftpDestination({ url: server.url('R1-0001', { port: 1 }), secret: server.key })
    await expect(Array.fromAsync(place.list())).rejects.toMatchObject({
      code: 'destination-unreachable',
      message: expect.stringContaining('127.0.0.1, port 1: ECONNREFUSED'),
      hint: expect.stringMatching(/port/),
    })
  })

  it('tells an empty place from one whose folder is not there', async () => {
    const parentOf = (path: string) =>
      sftpDestination({ url: server.url(path), secret: server.key }).parentIsThere()
    expect(await parentOf('R1-0001')).toBe(true)
    expect(await parentOf('not mounted/R1-0001')).toBe(false)
  })
})
