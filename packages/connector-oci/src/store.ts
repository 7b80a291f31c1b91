import type { Json } from '@restitute/core'
import type { Descriptor, Lost } from './manifest.ts'

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

/** Something with a name that cannot be read. */
export interface LostName extends Lost {
  readonly ref: string
}

/** A manifest whose bytes have its digest. */
export interface FetchedManifest {
  readonly bytes: Buffer
  /** Under which it came, where that was said; text from outside. */
  readonly mediaType: string
}

/** A blob on its way; nothing of it is proven. */
export interface FetchedBlob {
  /** What its holder says. */
  readonly bytes: number | undefined
  /** Each chunk in memory of its own, which whoever takes it may release. */
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the transfer. */
  readonly close: () => void | Promise<void>
}

/** Content that is there, whether anything refers to it or not; or a file that is no content. */
export type Unreached =
  | { readonly digest: string; readonly bytes: number }
  | (Lost & { readonly name: string })

/** The two files that make a folder an image layout. */
export interface LayoutFiles {
  readonly index: Buffer
  readonly version: Buffer
}

/** A place that holds images, read only. Methods honour their signal and throw `source-unreachable`. */
export interface Store {
  /** For messages. */
  readonly name: string
  /** Whether names have their repository before them: `app:v1`. */
  readonly many?: boolean
  /** Throws unless the place can be reached and read; gives its fingerprint. */
  reach(signal: AbortSignal): Promise<string>
  /** Every root, in any order. */
  roots(signal: AbortSignal): AsyncIterable<Root | LostName>
  manifest(repository: string, digest: string, signal: AbortSignal): Promise<FetchedManifest | Lost>
  /** From a byte on. */
  blob(repository: string, digest: string, signal: AbortSignal, from?: number): Promise<FetchedBlob | Lost>
  /** What refers to a manifest without having a name, or why that is not known; only of places that tell. */
  referrers?(repository: string, digest: string, signal: AbortSignal): AsyncIterable<Descriptor | Lost>
  /** Whether there is such a manifest; nothing where that is not known. Only of places that cannot be listed. */
  has?(repository: string, digest: string, signal: AbortSignal): Promise<boolean | undefined>
  /** `index.json` and `oci-layout` as they were when the roots were read last; only of places that have them. */
  layout?(): LayoutFiles
  /** What lies there; only of places that can be listed. */
  unreached?(signal: AbortSignal): AsyncIterable<Unreached>
  /** What spares another worker the search; for `storeOf`. */
  place?(): Json
}
