/** Work done so far on one thing; the display derives rate and time left. */
export interface ProgressReport {
  /** For instance `export`, `verify`. */
  readonly task: string
  /** Which source or file; never an item's name. */
  readonly subject: string
  readonly doneBytes: number
  /** Unknown while the inventory still runs. */
  readonly totalBytes?: number
  readonly doneItems?: number
  readonly totalItems?: number
  /** What holds the work up, for people: `outside the window 22:00-06:00, view held for 3 h 05 min`. */
  readonly note?: string
}

/** Takes reports; called often, so it must be cheap and never throw. */
export type Progress = (report: ProgressReport) => void

/** Nobody watches. */
export const noProgress: Progress = () => {}
