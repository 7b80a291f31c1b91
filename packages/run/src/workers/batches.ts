/** Rows that travel between threads together. */
const batchRows = 500

/** Gathers rows and sends them on in batches; `add` waits while a batch is on its way. */
export function batcher<T>(send: (batch: T[]) => Promise<void>): {
  readonly add: (row: T) => Promise<void> | undefined
  readonly flush: () => Promise<void>
} {
  let rows: T[] = []
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return
    const batch = rows
    rows = []
    await send(batch)
  }
  return {
    add(row) {
      rows.push(row)
      return rows.length < batchRows ? undefined : flush()
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
