import { RestituteError } from '@restitute/core'
import {
  type Manifest,
  type Receipt,
  type ReceiptPackage,
  readDocument,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import type { OperationState } from '../operation-state.ts'

/** A manifest with the digest of its bytes. */
export interface ManifestFile {
  readonly manifest: Manifest
  readonly sha256: Sha256
}

/**
 * Checks what a receipt says against what was handed over: it names packages of this operation that were
 * delivered, and the salts it quotes are the ones that only who can decrypt can read. A client that refuses
 * may have no salts; one that accepts has all of them. Throws `document-invalid`.
 */
export function checkReceipt(
  bytes: Uint8Array,
  state: OperationState,
  manifests: readonly ManifestFile[],
): void {
  const receipt = readDocument('receipt', bytes)
  for (const named of receipt.packages) {
    if (!state.delivered.some((ref) => isSame(ref, named))) throw notDelivered(named, state)
    const problem = saltProblem(
      named,
      manifests.find(({ sha256 }) => sha256 === named.manifestSha256)?.manifest,
      receipt,
    )
    if (problem !== undefined) throw wrong(problem)
  }
}

/** What is wrong with the salts that a receipt quotes for one package; undefined when nothing is. */
export function saltProblem(
  named: ReceiptPackage,
  manifest: Manifest | undefined,
  receipt: Pick<Receipt, 'decision'>,
): string | undefined {
  if (manifest === undefined) return `package ${named.package}: its manifest is not at hand`
  const stranger = Object.keys(named.salts).find(
    (name) => !manifest.indexes.some((index) => index.name === name),
  )
  if (stranger !== undefined) return `package ${named.package}: it has no index ${stranger}`
  for (const { name, saltSha256 } of manifest.indexes) {
    const salt = named.salts[name]
    if (salt === undefined && receipt.decision === 'accepted')
      return `package ${named.package}: no salt for ${name}`
    if (salt !== undefined && sha256Hex(Buffer.from(salt, 'hex')) !== saltSha256) {
      return `package ${named.package}: the salt for ${name} is not the one in the index`
    }
  }
  return undefined
}

function isSame(a: { package: string; manifestSha256: Sha256 }, b: ReceiptPackage): boolean {
  return a.package === b.package && a.manifestSha256 === b.manifestSha256
}

function notDelivered(named: ReceiptPackage, state: OperationState): RestituteError {
  if (state.packages.some((ref) => isSame(ref, named))) {
    return new RestituteError('usage', `receipt: package ${named.package} was never recorded as delivered`, {
      hint: 'record the delivery first: restitute deliver',
    })
  }
  return wrong(`package ${named.package} with this manifest was not exported in ${state.operation}`)
}

function wrong(why: string): RestituteError {
  return new RestituteError('document-invalid', `receipt: ${why}`)
}
