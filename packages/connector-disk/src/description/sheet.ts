import type { MachineFacts } from './facts.ts'

/** A disk as a description that we write names it. */
export interface SheetDisk {
  readonly name: string
  /** Path relative to the description. */
  readonly href: string
  readonly format: string
  readonly bytes: number
  readonly bus?: string
  readonly device?: string
  /** Belongs to the machine and is not attached to it: a disk as it was at a snapshot. */
  readonly spare?: boolean
}

/** Another file of the machine. */
export interface SheetFile {
  /** Of its item. */
  readonly id: string
  readonly href: string
  readonly bytes: number
}

/** All that the descriptions that we write say. */
export interface Sheet {
  readonly facts: MachineFacts
  /** Nothing is known of the machine but its disks. */
  readonly bare?: boolean
  readonly disks: readonly SheetDisk[]
  readonly files: readonly SheetFile[]
}
