const dontNeed = 4

/**
 * Asks the system to forget what it holds of an open file in memory, so that reading comes from the medium.
 * Best effort: does nothing where the call does not exist (posix_fadvise, Linux) or Node cannot reach it.
 */
export async function dropPageCache(fd: number): Promise<void> {
  if (process.platform !== 'linux') return
  try {
    const advise = await (loaded ??= load())
    advise(fd, 0n, 0n, dontNeed)
  } catch {
    // The read-back is then served from memory: it still proves what was handed to the system.
  }
}

let loaded: Promise<(fd: number, offset: bigint, length: bigint, advice: number) => unknown> | undefined

async function load(): Promise<(fd: number, offset: bigint, length: bigint, advice: number) => unknown> {
  const { dlopen } = await import('node:ffi')
  const { functions } = dlopen(null, {
    posix_fadvise: { arguments: ['i32', 'i64', 'i64', 'i32'], return: 'i32' },
  })
  return functions.posix_fadvise
}
