/** What SIGINT, SIGTERM and SIGHUP, that of a closed terminal, ask of this process (design §5). */
export interface Stop {
  /** Set: end at once, leaving nothing half done. */
  readonly signal: AbortSignal
  /** Once called, the first signal only sets what this returns: end after the work in hand. The next one ends it. */
  readonly drain: () => AbortSignal
}

/**
 * Listens from now on. A signal that comes after `signal` was set ends the process, exit status 130, and leaves what was in hand;
 * but SIGHUP, of which shell and system send one each when a terminal is closed: nobody insists by it.
 */
export function stopOnSignals(): Stop {
  const abort = new AbortController()
  const drain = new AbortController()
  let drains = false
  const take = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) return name === 'SIGHUP' ? undefined : process.exit(130)
    const next = drains && !drain.signal.aborted ? drain : abort
    next.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, take)
  return {
    signal: abort.signal,
    drain: () => {
      drains = true
      return drain.signal
    },
  }
}
