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
  const pass = async (): Promise<void> => {
    const batch = rows
    rows = []
    await sent
    if (batch.length > 0) sent = send(batch)
    sent.catch(() => {})
  }
  const flush = async (): Promise<void> => {
    await pass()
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
