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
    this.#report({
      task: 'export',
      subject: this.#subject,
      doneBytes: this.#done,
      totalBytes: this.#total,
      doneItems: this.#doneItems,
      totalItems: this.#totalItems,
    })
  }
}
