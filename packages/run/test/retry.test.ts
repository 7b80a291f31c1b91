import { RestituteError } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { withRetries } from '../src/export/retry.ts'

const { signal } = new AbortController()

describe('withRetries', () => {
  const failing = (
    code: 'source-unreachable' | 'source-view-lost' | 'interrupted' | 'internal',
    times: number,
  ) => {
    const seen: number[] = []
    const attempt = async (retry: number): Promise<number> => {
      seen.push(retry)
      if (seen.length <= times) throw new RestituteError(code, 'failed')
      return retry
    }
    return { seen, attempt }
  }

  it('repeats what may pass, and says how often', async () => {
    const { attempt } = failing('source-unreachable', 1)
    await expect(withRetries(signal, attempt)).resolves.toBe(1)
  })

  it.each(['internal', 'interrupted', 'source-view-lost'] as const)('does not repeat %s', async (code) => {
    const { attempt, seen } = failing(code, 9)
    await expect(withRetries(signal, attempt)).rejects.toMatchObject({ code })
    expect(seen).toEqual([0])
  })

  it('does not repeat once interrupted', async () => {
    const { attempt, seen } = failing('source-unreachable', 9)
    await expect(withRetries(AbortSignal.abort(), attempt)).rejects.toMatchObject({
      code: 'source-unreachable',
    })
    expect(seen).toEqual([0])
  })
})
