import type { Transform } from 'node:stream'
import { ahead } from '@restitute/core'

/**
 * Runs bytes through a Node transform. One write at a time, each waited for while the source makes the next chunk: this is
 * the back-pressure, and node:zlib would append an empty frame if it were ended with writes still queued. A chunk of the
 * source must be good until the one after the next is asked for. When the reader leaves, the
 * transform is destroyed and the source closed before this returns.
 */
export async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncIterable<Uint8Array> {
  // Every error reaches the reader through the iteration below, or comes after the reader has left.
  transform.on('error', () => {})
  const feeding = feed(source, transform).catch((error: unknown) => {
    transform.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    yield* transform as AsyncIterable<Uint8Array>
  } finally {
    transform.destroy()
    await feeding
  }
}

async function feed(source: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  const write = writer(transform)
  for await (const chunk of ahead(source)) {
    await write(chunk)
    if (transform.destroyed) return
  }
  transform.end()
}

/** A destroyed transform may forget a write's callback: its `close` wakes the writer, too. */
function writer(transform: Transform): (chunk: Uint8Array) => Promise<void> {
  let wake: () => void = () => {}
  transform.once('close', () => wake())
  return (chunk) =>
    new Promise((resolve, reject) => {
      wake = resolve
      transform.write(chunk, (error) => (error ? reject(error) : resolve()))
    })
}
