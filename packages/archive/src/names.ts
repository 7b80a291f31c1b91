import { type Entry, nameProblem, RestituteError } from '@restitute/core'

/** Name in the package of volume number `n`, from 1: `volumes/000001.tar.zst.pgp`. */
export function volumeName(n: number): string {
  return `volumes/${String(n).padStart(6, '0')}.tar.zst.pgp`
}

/** Name in the package of index number `n`, from 1, of a source: `index/records-01.jsonl.zst.pgp`. */
export function indexName(source: string, n: number): string {
  const name = `index/${source}-${String(n).padStart(2, '0')}.jsonl.zst.pgp`
  if (source.includes('/') || nameProblem(name)) {
    throw new RestituteError('internal', `index name: source name ${JSON.stringify(source)} is no file name`)
  }
  return name
}

/** Whether a link or a sparse file stands elsewhere than in the payload of its bag, or links to elsewhere. */
export function misplaced({ path, link, extents }: PlacedEntry): boolean {
  if (link === undefined && !extents) return false
  return ![path, link ?? path].every((one) => one.startsWith('data/'))
}

interface PlacedEntry extends Pick<Entry, 'path'> {
  readonly link?: string | undefined
  readonly extents?: Entry['extents'] | undefined
}
