import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { getSystemErrorName } from 'node:util'
import { describe, expect, it } from 'vitest'
import { asRestituteError, errorTable, RestituteError, systemCode, throwIfInterrupted } from '../src/index.ts'

describe('RestituteError', () => {
  it('carries the exit status and retryability of its code', () => {
    const error = new RestituteError('guard-refused', 'guard floors: 3 days are left', { hint: 'wait' })
    expect(error).toBeInstanceOf(Error)
    expect([error.exit, error.retryable, error.hint, error.details]).toEqual([6, false, 'wait', {}])
    expect(new RestituteError('source-unreachable', 'no answer')).toMatchObject({ exit: 4, retryable: true })
  })

  it('keeps its cause, and has none when none was given', () => {
    const cause = new Error('below')
    expect(new RestituteError('internal', 'above', { cause }).cause).toBe(cause)
    expect('cause' in new RestituteError('internal', 'alone')).toBe(false)
  })

  it('knows only the exit statuses of the command line', () => {
    const known = [1, 2, 3, 4, 5, 6, 130]
    for (const { exit } of Object.values(errorTable)) expect(known).toContain(exit)
  })
})

function thrownBy(work: () => void): RestituteError | undefined {
  try {
    work()
    return undefined
  } catch (thrown) {
    return asRestituteError(thrown)
  }
}

describe('asRestituteError', () => {
  it('leaves our own errors alone', () => {
    const error = new RestituteError('usage', 'no')
    expect(asRestituteError(error)).toBe(error)
  })

  it('takes an abort for an interruption', () => {
    const thrown: unknown = AbortSignal.abort().reason
    expect(asRestituteError(thrown)).toMatchObject({ code: 'interrupted', cause: thrown, exit: 130 })
  })

  it('says both of a failure and of what could not be put away after it, each once', () => {
    const first = new RestituteError('interrupted', 'interrupted before the end', { details: { at: 1 } })
    const second = new RestituteError('source-unreachable', 'it may still be frozen', { hint: 'thaw it' })
    const thrown = new SuppressedError(second, first)
    const message = 'interrupted before the end; then it may still be frozen'
    const said = { code: 'interrupted', message, hint: 'thaw it', details: { at: 1 }, cause: thrown }
    expect(asRestituteError(thrown)).toMatchObject(said)
    expect(asRestituteError(new SuppressedError(second, second))).toBe(second)
    expect(asRestituteError(new SuppressedError(second, thrown))).toMatchObject({ code: 'interrupted' })
  })

  it('takes a disk that is full for that, whoever found it', () => {
    using database = new DatabaseSync(':memory:')
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE t(a)')
    const fill = (): void => database.exec('INSERT INTO t VALUES (zeroblob(100000))')
    expect(thrownBy(fill)).toMatchObject({ code: 'destination-full', message: 'database or disk is full' })
    expect(thrownBy(() => writeFileSync('/dev/full', 'x'))).toMatchObject({ code: 'destination-full' })
  })

  it('takes anything else for a fault of ours', () => {
    const cause = new TypeError('x is not a function')
    expect(asRestituteError(cause)).toMatchObject({ code: 'internal', message: 'x is not a function', cause })
    expect(asRestituteError('text')).toMatchObject({ code: 'internal', message: 'text', cause: 'text' })
    expect(asRestituteError(undefined)).toMatchObject({ code: 'internal', message: 'undefined' })
  })
})

describe('systemCode', () => {
  it("gives the system's code of a failed call", async () => {
    const thrown = await readFile('/nonexistent/file').catch((error: unknown) => error)
    expect(systemCode(thrown)).toBe('ENOENT')
  })

  it.each([
    [122, 'EDQUOT'],
    [116, 'ESTALE'],
    [117, 'EUCLEAN'],
    [126, 'ENOKEY'],
    [2, 'ENOENT'],
  ])('calls error %i of Linux what it is called, which Node does not', (number, name) => {
    const thrown = Object.assign(new Error('write'), { code: getSystemErrorName(-number) })
    expect(systemCode(thrown)).toBe(name)
  })

  it.each([undefined, null, 'ENOENT', new Error('x'), { code: 2 }])('gives nothing for %s', (thrown) => {
    expect(systemCode(thrown)).toBeUndefined()
  })
})

describe('throwIfInterrupted', () => {
  it('throws once the signal is aborted, and keeps the reason', () => {
    const controller = new AbortController()
    expect(() => throwIfInterrupted(controller.signal)).not.toThrow()
    expect(() => throwIfInterrupted(undefined)).not.toThrow()
    controller.abort('SIGINT')
    expect(() => throwIfInterrupted(controller.signal)).toThrow(
      expect.objectContaining({ code: 'interrupted', cause: 'SIGINT' }),
    )
  })
})
