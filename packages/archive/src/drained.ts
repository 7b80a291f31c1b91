interface WritableEvents {
  readonly destroyed: boolean
  on(event: 'drain' | 'close', listener: () => void): unknown
  off(event: 'drain' | 'close', listener: () => void): unknown
}

/** Resolves to true when a full stream takes more, to false when it closes first. */
export function drained(stream: WritableEvents): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const settle = (more: boolean) => {
      stream.off('drain', onDrain)
      stream.off('close', onClose)
      resolve(more)
    }
    const onDrain = () => settle(true)
    const onClose = () => settle(false)
    stream.on('drain', onDrain)
    stream.on('close', onClose)
  })
}
