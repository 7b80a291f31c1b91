import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { locationOf } from '../src/location.ts'
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

it.each(['postgres://reader@db/lab%', 'postgres://rea%der@db/lab', 'postgres://reader@db/%ff'])(
  'a stray percent sign is a mistake in the URL: %s',
  (url) => {
    expect(() => locationOf({ name: 'lab', url })).toThrow(expect.objectContaining({ code: 'usage' }))
  },
)
