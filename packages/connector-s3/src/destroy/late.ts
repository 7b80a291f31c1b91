import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { isLater, type RestituteError, writtenSince } from '@restitute/core'
import { isGone } from '../errors.ts'
import type { Listed } from '../listing.ts'
import { nameOf } from '../location.ts'
import type { Store } from '../store.ts'

/** The service tells its time in whole seconds. */
const precision = 1000

/** A moment by the clock by which the service dates versions. */
export interface ServiceTime {
  /** Milliseconds since 1970. */
  readonly at: number
  /** What it says more than ours. */
  readonly before: number
}

/** The little that is used of an answer before it is parsed. */
interface RawResult {
  readonly response: { readonly headers: Readonly<Record<string, string>> }
}

/** What that clock says; ours where the service does not tell. */
export async function serviceTime(store: Store, signal: AbortSignal): Promise<ServiceTime> {
  let date: string | undefined
  const command = new HeadBucketCommand(store.bucket)
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      date = (result as unknown as RawResult).response.headers['date']
      return result
    },
    { step: 'deserialize', priority: 'low' },
  )
  await store.send(command, signal).catch((error: unknown) => {
    if (!isGone(error)) throw error
  })
  const at = Date.parse(date ?? new Date().toUTCString())
  return { at, before: at - Date.now() }
}

/**
 * Gives versions on as long as none was made after that time, at which they were not yet compared with what was delivered: such
 * a one may be in no package. Throws `destroy-failed`.
 */
export async function* madeBefore(
  { location }: Store,
  time: ServiceTime,
  versions: AsyncIterable<Listed>,
): AsyncIterable<Listed> {
  for await (const one of versions) {
    if (isLate(one, time)) throw late(nameOf(location), true)
    yield one
  }
}

/** The same for all versions, before anything is done to one. */
export async function refuseLate(
  { location }: Store,
  time: ServiceTime,
  versions: AsyncIterable<Listed>,
): Promise<void> {
  for await (const one of versions) if (isLate(one, time)) throw late(nameOf(location))
}

function isLate({ modified }: Listed, { at, before }: ServiceTime): boolean {
  return isLater(Date.parse(modified), at + precision - 1, Date.now() + before)
}

function late(name: string, begun = false): RestituteError {
  return writtenSince(`${name}: a version or delete marker was made`, begun)
}
