import type { Destination, Progress } from '@restitute/core'
import type { PackageRef } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Report, Trust } from './report.ts'

export async function verifyPackage(_o: {
  readonly destination: Destination
  readonly trust: Trust
  readonly opener?: { readonly privateKeys: readonly PrivateKey[] }
  readonly known?: readonly PackageRef[]
  readonly signal?: AbortSignal
  readonly progress?: Progress
}): Promise<Report> {
  throw new Error('todo')
}
