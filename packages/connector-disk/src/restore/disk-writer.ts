/** Where the content of one item goes; what is not written reads as zeros. */
export interface DiskWriter {
  /** The bytes are free again when this resolves; an error may come with a later call. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  /** All is on stable storage, and `size` bytes long. */
  finish(size: number): Promise<void>
  /** Lets go of it, finished or not. */
  close(): Promise<void>
}
