/**
 * Aborts on SIGTERM and on the first SIGINT, so that what runs can drain; a second SIGINT ends the process at once
 * with exit status 130 (design §5).
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  const drain = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', drain)
  process.once('SIGTERM', () => controller.abort())
  return controller.signal
}
