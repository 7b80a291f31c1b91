import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3'
import { type Bucket, decodedKey, objectOf } from './bucket.ts'
import { attempting, nameOf } from './errors.ts'

/** Services without versions say so. */
const withoutVersions = ['NotImplemented', 'MethodNotAllowed']

/**
 * Removes a file in all its versions, delete markers too: in a bucket that keeps versions a plain deletion would keep
 * the content. Throws `not-found` when there is none.
 */
export async function removeObject(bucket: Bucket, name: string): Promise<void> {
  const { client } = bucket
  const object = objectOf(bucket, name)
  await attempting(`removing ${name}`, async () => {
    await client.send(new HeadObjectCommand(object))
    for (const VersionId of await versionsOf(bucket, object.Key))
      await client.send(new DeleteObjectCommand({ ...object, ...(VersionId !== undefined && { VersionId }) }))
  })
}

/** Ids of every version and marker of exactly this key; one `undefined` where the service knows no versions. */
async function versionsOf({ client, location }: Bucket, key: string): Promise<(string | undefined)[]> {
  const found: string[] = []
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {}
  for (;;) {
    const command = new ListObjectVersionsCommand({
      ...{ Bucket: location.bucket, Prefix: key, EncodingType: 'url' },
      ...from,
    })
    const page: ListObjectVersionsCommandOutput | undefined = await client.send(command).catch(noVersions)
    if (page === undefined) return [undefined]
    const here = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
    const own = here.filter(({ Key }) => decodedKey(Key, page.EncodingType) === key)
    found.push(...own.flatMap(({ VersionId }) => VersionId ?? []))
    // The key itself comes first among those that begin with it.
    if (!page.IsTruncated || own.length < here.length) return found
    from = {
      KeyMarker: decodedKey(page.NextKeyMarker, page.EncodingType),
      ...(page.NextVersionIdMarker && { VersionIdMarker: page.NextVersionIdMarker }),
    }
  }
}

function noVersions(thrown: unknown): undefined {
  if (withoutVersions.includes(nameOf(thrown))) return undefined
  throw thrown
}
