import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { RestituteError, together } from '../src/index.ts'

const { signal } = new AbortController()

describe('together', () => {
  it('stops the others at the first failure, and throws it only when all have ended', async () => {
    const ended: string[] = []
    const slow = async (joint: AbortSignal): Promise<void> => {
      await sleep(60_000, undefined, { signal: joint }).catch(() => {})
      ended.push('slow')
    }
    const failing = async (): Promise<void> => {
      throw new RestituteError('source-unreachable', 'gone')
    }
    await expect(together(signal, [slow, failing])).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(ended).toEqual(['slow'])
  })
})
