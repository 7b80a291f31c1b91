import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { type Bucket, objectOf } from './bucket.ts'
import { attempting } from './errors.ts'
import { versionsBelow } from './versions.ts'

/**
 * Removes a file in all its versions, delete markers too: in a bucket that keeps versions a plain deletion would keep
 * the content, and so did one by somebody else. Throws `not-found` when there is none.
 */
export async function removeObject(bucket: Bucket, name: string): Promise<void> {
  const { client } = bucket
  const object = objectOf(bucket, name)
  await attempting(`removing ${name}`, async () => {
    const versions = await versionsBelow(bucket, object.Key)
    if (versions === undefined) {
      await client.send(new HeadObjectCommand(object))
      await client.send(new DeleteObjectCommand(object))
      return
    }
    const own = versions.filter(({ key }) => key === object.Key)
    if (own.length === 0) throw new RestituteError('not-found', `removing ${name}: it is not there`)
    for (const { id } of own) await client.send(new DeleteObjectCommand({ ...object, VersionId: id }))
  })
}
