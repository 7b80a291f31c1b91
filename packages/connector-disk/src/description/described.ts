import type { ImageFormat } from '../image/formats.ts'
import type { Window } from '../image/image.ts'
import type { MachineFacts } from './facts.ts'

/** A disk as a description names it. */
export interface DescribedDisk {
  readonly name: string
  /** As it stands in the description: to be checked before it is opened. */
  readonly file?: string
  readonly format?: ImageFormat
  readonly window?: Window
  readonly bus?: string
  readonly device?: string
  /** QEMU deciphers it with a key of the host: what lies in the file is not what the guest sees. */
  readonly encrypted?: true
  /** Why it cannot be delivered. */
  readonly lost?: string
}

/** Another file of the machine as a description names it. */
export interface DescribedFile {
  /** Of the item: `file/<name>`, or `description`. */
  readonly id: string
  readonly kind: string
  readonly file: string
  readonly window?: Window
  readonly lost?: string
}

/** What a description says. */
export interface Description {
  readonly facts: MachineFacts
  readonly disks: readonly DescribedDisk[]
  readonly files: readonly DescribedFile[]
  /** Whether a restoration wrote it: it is then no part of the machine. */
  readonly generated: boolean
  /** Whether it was written although nothing was known of the machine but its disks. */
  readonly bare?: boolean
}
