import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { type Sibling, type SourceSpec } from '@restitute/core'
import { Store } from './store.ts'

/** The other buckets of the account, reached the same way. */
export async function* siblingBuckets(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  using store = new Store(source)
  const query = source.url.includes('?') ? source.url.slice(source.url.indexOf('?')) : ''
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page: {
      Buckets?: { Name?: string | undefined }[] | undefined
      ContinuationToken?: string | undefined
    } = await store.ask(new ListBucketsCommand(next === '' ? {} : { ContinuationToken: next }), signal)
    for (const { Name } of page.Buckets ?? []) {
      if (Name !== undefined && Name !== store.location.bucket)
        yield { url: `s3://${Name}${query}`, kind: 'bucket' }
    }
    next = page.ContinuationToken
  }
}
