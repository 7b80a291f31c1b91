const longest = 64 * 1024

/** Takes a file piece by piece. */
export interface LineReader {
  take(chunk: Uint8Array): void
  /** After the last piece. */
  end(): void
}

/**
 * Cuts a stream into lines for someone who reads along. A line beyond 64 KiB or without its line feed is a problem,
 * told once, after which nothing more is read.
 */
export function lineReader(onLine: (line: string) => void, onProblem: (message: string) => void): LineReader {
  let held = Buffer.alloc(0)
  let failed = false
  const fail = (message: string): void => {
    failed = true
    onProblem(message)
  }
  return {
    take(chunk) {
      if (failed) return
      const all = Buffer.concat([held, chunk])
      let from = 0
      for (let end = all.indexOf(0x0a); end !== -1; end = all.indexOf(0x0a, from)) {
        onLine(all.toString('utf8', from, end))
        from = end + 1
      }
      held = Buffer.from(all.subarray(from))
      if (held.length > longest) fail('a line is too long')
    },
    end() {
      if (!failed && held.length > 0) fail('its last line has no end')
    },
  }
}
