import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { locationOf } from '../src/location.ts'
import { dumpSection, pgDumps } from '../src/pg-dump.ts'
import { Session } from '../src/session.ts'

// Pressing Ctrl-C while a server was connected to left the program waiting for ever.
it('whoever interrupts a connection that is being made is answered, whatever the server does', async () => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  try {
    const { port } = silent.address() as AddressInfo
    const abort = new AbortController()
    const opening = Session.open(
      locationOf({ name: 'lab', url: `postgres://reader@127.0.0.1:${port}/lab` }),
      abort.signal,
    )
    const [socket] = (await once(silent, 'connection')) as [Socket]
    const closed = once(socket, 'close')
    socket.resume()
    abort.abort()
    await expect(opening).rejects.toMatchObject({ code: 'interrupted' })
    await closed
  } finally {
    silent.close()
  }
})

// Firewalls forget a connection without telling anybody: the system would find out after two hours.
it.runIf(process.platform === 'linux')(
  'pg_dump finds out within moments that nobody is there any more',
  async () => {
    const silent = createServer()
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const abort = new AbortController()
    try {
      const { port } = silent.address() as AddressInfo
      const location = locationOf({ name: 'lab', url: `postgres://reader@127.0.0.1:${port}/lab` })
      const [dump] = pgDumps()
      if (!dump) return
      const o = { section: 'pre-data', snapshot: undefined, name: 'restitute', encoding: 'UTF8' } as const
      const dumping = dumpSection(dump, location, o, abort.signal)
      dumping.catch(() => {})
      const [socket] = (await once(silent, 'connection')) as [Socket]
      await once(socket, 'data')
      const [keepAlive, ticks] = timerOf(socket.remotePort ?? 0)
      expect(keepAlive).toBe('02')
      expect(Number.parseInt(ticks ?? '', 16)).toBeLessThanOrEqual(10 * ticksPerSecond)
      abort.abort()
      await expect(dumping).rejects.toMatchObject({ code: 'interrupted' })
      socket.destroy()
    } finally {
      silent.close()
    }
  },
)

const ticksPerSecond = 100

/** Kind of the timer of a connection of this machine, and when it is due: https://docs.kernel.org/networking/proc_net_tcp.html */
function timerOf(port: number): string[] {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n')
  const fields = lines.map((line) => line.trim().split(/\s+/)).find(([, from]) => from === local) ?? []
  return (fields[5] ?? '').split(':')
}

it.each(['postgres://reader@db/lab%', 'postgres://rea%der@db/lab', 'postgres://reader@db/%ff'])(
  'a stray percent sign is a mistake in the URL: %s',
  (url) => {
    expect(() => locationOf({ name: 'lab', url })).toThrow(expect.objectContaining({ code: 'usage' }))
  },
)
