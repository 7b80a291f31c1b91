import type { Descriptor, Lost } from './manifest.ts'
import type { FetchedBlob, FetchedManifest } from './registry.ts'

/** A name, or an unnamed manifest, from which content is reached. */
export interface Root {
  /** The repository's name within the source: what follows the prefix, empty where the source is one repository. */
  readonly repository: string
  /** As in `org.opencontainers.image.ref.name`; absent for a manifest without a name. */
  readonly ref?: string
  readonly digest: string
  /** Where the name itself says so: what it names. Otherwise it names a manifest. */
  readonly media?: string
  readonly bytes?: number
}

/** A place that holds images, read only. Methods honour their signal and throw `source-unreachable`. */
export interface Store {
  /** For messages. */
  readonly name: string
  readonly fingerprint: string
  /** Throws unless the place can be reached and read. */
  reach(signal: AbortSignal): Promise<void>
  /** Every root, in any order; `lost` for what has a name and cannot be read, with that name. */
  roots(signal: AbortSignal): AsyncIterable<Root | (Lost & { readonly ref: string })>
  manifest(repository: string, digest: string, signal: AbortSignal): Promise<FetchedManifest | Lost>
  /** From a byte on. */
  blob(repository: string, digest: string, signal: AbortSignal, from?: number): Promise<FetchedBlob | Lost>
  /** What refers to a manifest without having a name. */
  referrers(repository: string, digest: string, signal: AbortSignal): AsyncIterable<Descriptor>
}
