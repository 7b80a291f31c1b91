import { type DestructionMethod, fingerprintOfIdentity, type SourceSpec } from '@restitute/core'
import { Call } from './call.ts'
import { Said } from './said.ts'

/** What a program says of itself and of the system that it serves. */
export interface Description {
  /** For instance `Oracle Database 19c by expdp`: the native format in words. */
  readonly format: string
  /** Of the system, in its own terms; any length. */
  readonly identity: string
  readonly method: DestructionMethod
}

const always = ['The destruction is done by a program of the operator: what it does rests on that program.']

/** Asks a program. */
export async function describe(source: SourceSpec, signal: AbortSignal): Promise<Description> {
  await using call = await Call.start(source, 'describe', {}, signal)
  call.end()
  const line = await call.next()
  const said = new Said(line?.['description'], call.frames, 'description')
  const description = {
    format: said.text('format'),
    identity: said.text('identity'),
    method: {
      category: 'none' as const,
      technique: said.optionalText('technique') ?? 'deletion by a program of the operator',
      limits: [...said.texts('limits'), ...always],
    },
  }
  await call.next()
  return description
}

/** Short enough to be typed (R35): of the identity that the program tells. */
export function fingerprintOf({ identity }: Description): string {
  return fingerprintOfIdentity(`program\n${identity}`)
}
