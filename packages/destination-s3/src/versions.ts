import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3'
import { type Bucket, decodedKey, guessedKey } from './bucket.ts'
import { nameOf } from './errors.ts'

/** Services without versions say so. */
const withoutVersions = ['NotImplemented', 'MethodNotAllowed']

/** A version of a file, or a delete marker, which has no bytes. */
export interface KeptVersion {
  readonly key: string
  readonly id: string
  readonly bytes: number
}

/** Every version and marker whose key begins so; undefined where the service knows no versions. */
export async function versionsBelow(bucket: Bucket, prefix: string): Promise<KeptVersion[] | undefined> {
  const { client, location } = bucket
  const found: KeptVersion[] = []
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {}
  for (;;) {
    const command = new ListObjectVersionsCommand({
      ...{ Bucket: location.bucket, Prefix: prefix, EncodingType: 'url' },
      ...from,
    })
    const page: ListObjectVersionsCommandOutput | undefined = await client.send(command).catch(noVersions)
    if (page === undefined) return undefined
    const { EncodingType, NextKeyMarker, NextVersionIdMarker } = page
    for (const { Key, VersionId: id = 'null', Size: bytes = 0 } of [
      ...(page.Versions ?? []),
      ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0 })),
    ]) {
      found.push({ key: decodedKey(Key, EncodingType), id, bytes })
    }
    if (!page.IsTruncated) return found
    from = {
      KeyMarker: guessedKey(bucket, NextKeyMarker),
      ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }),
    }
  }
}

function noVersions(thrown: unknown): undefined {
  if (withoutVersions.includes(nameOf(thrown))) return undefined
  throw thrown
}
