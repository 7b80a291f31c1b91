// Loaded with `--import`: the process and its threads believe that it is RESTITUTE_YEARS_AHEAD years later.
const ahead = Number(process.env['RESTITUTE_YEARS_AHEAD']) * 365 * 86_400_000
const Real = Date

globalThis.Date = class extends Real {
  constructor(...given: [] | [number | string | Date]) {
    const [value = Real.now() + ahead] = given
    super(value)
  }

  static override now(): number {
    return Real.now() + ahead
  }
} as DateConstructor
