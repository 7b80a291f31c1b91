import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '@restitute/core'
import type { MomentTimes } from '@restitute/manifest'

/** What the hooks of a source have done that is to be undone; on stable storage before each of them begins. */
export class HookState {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Nothing where nothing is to be undone. */
  async read(): Promise<MomentTimes> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return '{}'
      throw error
    })
    return JSON.parse(text) as MomentTimes
  }

  async write(times: MomentTimes): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const whole = `${this.#path}.new`
    {
      await using file = await open(whole, 'w', 0o600)
      await file.writeFile(JSON.stringify(times))
      await file.sync()
    }
    await rename(whole, this.#path)
    await using folder = await open(dirname(this.#path))
    await folder.sync()
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}
