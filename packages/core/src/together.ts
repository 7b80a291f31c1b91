/**
 * Runs all tasks at once under one signal. The first failure aborts the others; it is thrown when all have ended,
 * so nothing runs on behind the caller's back.
 */
export async function together(
  signal: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const abort = new AbortController()
  const joint = AbortSignal.any([signal, abort.signal])
  let failure: { error: unknown } | undefined
  const guarded = tasks.map(async (task) => {
    try {
      await task(joint)
    } catch (error) {
      failure ??= { error }
      abort.abort()
    }
  })
  await Promise.all(guarded)
  if (failure) throw failure.error
}
