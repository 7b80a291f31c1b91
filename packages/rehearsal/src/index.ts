export { type Drill, runDrill } from './drill/drill.ts'
export type { DrillOptions } from './drill/options.ts'
export { type Growth, growthOf, runSpreadOf, type Tried, triedForecasts } from './history.ts'
export { type ReportOptions, reportOf } from './report.ts'
