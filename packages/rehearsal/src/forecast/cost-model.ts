/** What one volume had to do, and how long it took. */
export interface Observation {
  readonly items: number
  /** Plaintext. */
  readonly bytes: number
  /** Of the whole chain, read-back included. */
  readonly seconds: number
}

/** Seconds that a volume costs: `perVolume + perItem × items + perByte × bytes`. */
export interface CostModel {
  readonly perVolume: number
  readonly perItem: number
  readonly perByte: number
}

/**
 * Fits the cost of items and bytes to what was measured: least squares, weighted so that a small volume counts as
 * much as a large one, neither cost below zero. The cost of a volume itself is given, for it cannot be told from that
 * of its content when all volumes are of one size: a volume with next to nothing in it shows it.
 */
export function fitCosts(observed: readonly Observation[], perVolume: number): CostModel {
  const s = { ii: 0, ib: 0, bb: 0, iy: 0, by: 0 }
  for (const { items, bytes, seconds } of observed) {
    const y = Math.max(0, seconds - perVolume)
    const weight = 1 / Math.max(seconds, 1e-6)
    s.ii += weight * items * items
    s.ib += weight * items * bytes
    s.bb += weight * bytes * bytes
    s.iy += weight * items * y
    s.by += weight * bytes * y
  }
  return { perVolume, ...solved(s) }
}

function solved(s: {
  ii: number
  ib: number
  bb: number
  iy: number
  by: number
}): Omit<CostModel, 'perVolume'> {
  const determinant = s.ii * s.bb - s.ib * s.ib
  if (determinant > 1e-9 * s.ii * s.bb) {
    const perItem = (s.iy * s.bb - s.by * s.ib) / determinant
    const perByte = (s.by * s.ii - s.iy * s.ib) / determinant
    if (perItem >= 0 && perByte >= 0) return { perItem, perByte }
    if (perItem < 0) return { perItem: 0, perByte: ratio(s.by, s.bb) }
    return { perItem: ratio(s.iy, s.ii), perByte: 0 }
  }
  return s.bb > 0 ? { perItem: 0, perByte: ratio(s.by, s.bb) } : { perItem: ratio(s.iy, s.ii), perByte: 0 }
}

function ratio(a: number, b: number): number {
  return b > 0 ? Math.max(0, a / b) : 0
}

/** What the content of a volume costs by the model, the volume itself left out. */
export function contentCost(model: CostModel, { items, bytes }: Omit<Observation, 'seconds'>): number {
  return model.perItem * items + model.perByte * bytes
}
