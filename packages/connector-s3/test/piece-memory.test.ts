import { describe, expect, it } from 'vitest'
import { PieceMemory, pieceBytes } from '../src/piece-memory.ts'

describe('memory of pieces', () => {
  it('is used again by the next piece', () => {
    const memory = new PieceMemory()
    const first = memory.take(pieceBytes)
    memory.giveBack(first.subarray(0, 10))
    const second = memory.take(pieceBytes)
    expect(second.buffer).toBe(first.buffer)
    expect(second).toHaveLength(pieceBytes)
  })

  it('is not shared by pieces that are there together', () => {
    const memory = new PieceMemory()
    expect(memory.take(pieceBytes).buffer).not.toBe(memory.take(pieceBytes).buffer)
  })

  it('goes at once where the piece is smaller, or enough is kept', () => {
    const memory = new PieceMemory()
    const small = memory.take(10)
    expect(small).toHaveLength(10)
    memory.giveBack(small)
    expect(small).toHaveLength(0)
    const many = Array.from({ length: 6 }, () => memory.take(pieceBytes))
    for (const one of many) memory.giveBack(one)
    expect(many.map(({ length }) => length)).toEqual([...Array.from({ length: 5 }, () => pieceBytes), 0])
  })
})
