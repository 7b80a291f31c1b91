/** Rows that travel between threads together. */
const batchRows = 500

/**
 * Gathers rows and sends them on in batches, one on its way while the next is gathered: `add` waits once that is full, too.
 * `flush` waits until all have come in. An error of sending comes with the next batch.
 */
export function batcher<T>(send: (batch: T[]) => Promise<void>): {
  readonly add: (row: T) => Promise<void> | undefined
  readonly flush: () => Promise<void>
} {
  let rows: T[] = []
  let sent = Promise.resolve()
  /** Waits for the batch before. */
  const pass = (): Promise<void> => {
    const [batch, before] = [rows, sent]
    rows = []
    sent = before.then(() => send(batch))
    sent.catch(() => {})
    return before
  }
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await pass()
    await sent
  }
  return {
    add(row) {
      rows.push(row)
      return rows.length < batchRows ? undefined : pass()
    },
    flush,
  }
}

/** Sends all rows of a stream in batches. */
export async function sendAll<T>(rows: AsyncIterable<T>, send: (batch: T[]) => Promise<void>): Promise<void> {
  const batch = batcher(send)
  for await (const row of rows) {
    const sent = batch.add(row)
    if (sent) await sent
  }
  await batch.flush()
}
