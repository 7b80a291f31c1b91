import { readDocument, sha256Hex } from '@restitute/manifest'
import { documentFinding } from './document-finding.ts'
import type { Finding } from './findings.ts'
import type { KnownManifest } from './receipt-salts.ts'

/** The bytes of a package's `manifest.json`, under any name; the package itself is checked by `verifyPackage`. */
export interface ManifestBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Reads manifests; what cannot be read is a finding. */
export function readManifests(files: readonly ManifestBytes[]): {
  readonly manifests: readonly KnownManifest[]
  readonly findings: readonly Finding[]
} {
  const manifests: KnownManifest[] = []
  const findings: Finding[] = []
  for (const { name, bytes } of files) {
    try {
      manifests.push({ manifest: readDocument('manifest', bytes), sha256: sha256Hex(bytes) })
    } catch (thrown) {
      findings.push(documentFinding(name, bytes, thrown))
    }
  }
  return { manifests, findings }
}
