import { Socket } from 'node:net'

const readBytes = 256 * 1024

/**
 * A connection that reads into the same memory again and again. Memory made anew for every read has V8 collect its whole
 * heap some forty times a GB, in each thread.
 */
export class LendingSocket extends Socket {
  /** Whether what is read is good only until the listener of `data` returns; else each piece is a copy. */
  lends = false

  constructor() {
    super({
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback: (bytes, memory) => {
          const read = Buffer.from(memory.buffer, 0, bytes)
          return this.emit('data', this.lends ? read : Buffer.from(read))
        },
      },
    })
  }
}
