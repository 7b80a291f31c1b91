import type { Item, Progress } from '@restitute/core'

/** Adds up what workers report of one package; reports `inventory` by source, then `export` for the whole. */
export class ExportProgress {
  readonly #report: Progress
  readonly #subject: string
  readonly #inventories = new Map<string, { items: number; bytes: number }>()
  #done = 0
  #total = 0
  #doneItems = 0
  #totalItems = 0
  #note: string | undefined

  constructor(report: Progress, packageName: string) {
    this.#report = report
    this.#subject = packageName
  }

  inventoried(source: string, items: readonly Item[]): void {
    const seen = this.#inventories.get(source) ?? { items: 0, bytes: 0 }
    seen.items += items.length
    for (const item of items) seen.bytes += item.bytes
    this.#inventories.set(source, seen)
    this.#report({ task: 'inventory', subject: source, doneBytes: seen.bytes, doneItems: seen.items })
  }

  /** More is to do. */
  expect(bytes: number, items: number): void {
    this.#total += bytes
    this.#totalItems += items
  }

  /** Bytes and items of the whole package, done and to do. */
  get amounts(): { doneBytes: number; totalBytes: number; doneItems: number; totalItems: number } {
    return {
      doneBytes: this.#done,
      totalBytes: this.#total,
      doneItems: this.#doneItems,
      totalItems: this.#totalItems,
    }
  }

  /** Something holds the work up, or, when absent, nothing does any more. */
  heldUp(note: string | undefined): void {
    if (note === undefined && this.#note === undefined) return
    this.#note = note
    this.#tell()
  }

  /** A volume that an earlier run had made. */
  kept(bytes: number, items: number): void {
    this.#done += bytes
    this.#doneItems += items
  }

  /** Bytes were written, or, when negative, have to be written again. */
  wrote(bytes: number): void {
    this.#done += bytes
    this.#tell()
  }

  /** All items of a shard are done. */
  finished(items: number): void {
    this.#doneItems += items
    this.#tell()
  }

  #tell(): void {
    const { totalBytes, totalItems, ...done } = this.amounts
    this.#report({
      task: 'export',
      subject: this.#subject,
      ...done,
      ...(totalBytes > 0 && { totalBytes, totalItems }),
      ...(this.#note !== undefined && { note: this.#note }),
    })
  }
}
