import { ok } from 'node:assert/strict'
import { asRestituteError, type ErrorCode } from '@restitute/core'

/** Everything that a stream yields; for the small streams of the cases. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(stream)
}

/** A list as a stream. */
export async function* streamOf<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}

/** The bytes of a stream, joined. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream, (chunk) => Buffer.from(chunk)))
}

/** A signal that nobody aborts. */
export function calm(): AbortSignal {
  return new AbortController().signal
}

/** Fails unless the work rejects with this code. Work that never ends fails too, after ten seconds. */
export async function rejects(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const outcome = await Promise.race([work.then(() => 'no error', codeOf), tooLate()])
  ok(outcome === code, `expected error ${code}, got ${outcome}`)
}

function codeOf(thrown: unknown): string {
  const error = asRestituteError(thrown)
  return error.code === 'internal' ? `internal (${error.message})` : error.code
}

function tooLate(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, 10_000, 'no end within ten seconds').unref())
}
