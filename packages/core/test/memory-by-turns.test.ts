import { expect, test } from 'vitest'
import { MemoryByTurns } from '../src/memory-by-turns.ts'

test('what lies in one piece stays while the other is filled, and is written over only then', () => {
  const memory = new MemoryByTurns(4)
  const first = memory.now
  first.fill(1)
  memory.turn()
  const second = memory.now
  second.fill(2)
  expect([...first, ...second]).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
  memory.turn()
  expect(memory.now).toBe(first)
  memory.turn()
  expect(memory.now).toBe(second)
})
