export { type Delivered, type DeliverOptions, deliverPackage } from './deliver.ts'
export { type DeliveredJournals, deliveredItems, deliveredLosses, openJournals } from './delivered.ts'
export { type DestinationOf, destinationOf, packageUrl } from './destinations.ts'
export {
  type ExportedPackage,
  type ExportOptions,
  type ExportSource,
  exportPackage,
} from './export/export-package.ts'
export { type InventoryOptions, type SourceInventory, takeInventory } from './inventory.ts'
export { type CompareOptions, type Comparison, compareSource } from './series/compare.ts'
export { type ListedItem, listSeries } from './series/list.ts'
export { openSeries, type Series } from './series/open-series.ts'
export { type Restoration, type RestoreOptions, restoreSource } from './series/restore.ts'
export { type DeliverySummary, summariseDelivery } from './series/summary.ts'
export { serveWorker } from './workers/serve.ts'
