import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import type { Bucket } from './buckets.ts'

/** The rights that the operator's guide lists for each role, as far as the server of the tests knows them. */
const look = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:ListMultipartUploadParts',
  's3:GetBucketAcl',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
]
const settings = [
  's3:GetAccelerateConfiguration',
  's3:GetBucketCORS',
  's3:GetBucketLogging',
  's3:GetBucketNotification',
  's3:GetBucketObjectLockConfiguration',
  's3:GetBucketPolicy',
  's3:GetBucketPublicAccessBlock',
  's3:GetBucketRequestPayment',
  's3:GetBucketTagging',
  's3:GetBucketVersioning',
  's3:GetBucketWebsite',
  's3:GetLifecycleConfiguration',
  's3:GetReplicationConfiguration',
]
const read = [
  's3:GetObjectAcl',
  's3:GetObjectVersionAcl',
  's3:GetObjectTagging',
  's3:GetObjectVersionTagging',
]
const destroy = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:AbortMultipartUpload',
  's3:BypassGovernanceRetention',
  's3:DeleteBucket',
]

/** What each role may do, and nothing more. */
export const rolePolicies: Readonly<Record<'reader' | 'destroyer' | 'prober', readonly string[]>> = {
  reader: [...look, ...read, ...settings],
  destroyer: [...look, ...settings, ...destroy],
  prober: look,
}

/** Lets other accounts (by name) do what their roles need. */
export async function grantRoles(
  bucket: Bucket,
  accounts: Readonly<Record<keyof typeof rolePolicies, string>>,
): Promise<void> {
  const own = `arn:aws:s3:::${bucket.name}`
  const Statement = Object.entries(rolePolicies).map(([role, Action]) => ({
    Effect: 'Allow',
    Principal: { AWS: [`arn:aws:iam:::user/${accounts[role as keyof typeof rolePolicies]}`] },
    Action,
    Resource: [own, `${own}/*`],
  }))
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await bucket.client.send(new PutBucketPolicyCommand({ ...bucket.place, Policy }))
}
