import { counted, formatBytes, type Json } from '@restitute/core'
import type { Manifest } from '@restitute/manifest'
import type { ExportedPackage } from '@restitute/run'
import type { Outcome } from '../session.ts'

/** What an export tells: exit status 5 when something was excluded or lost. */
export function outcomeOf(done: ExportedPackage): Outcome {
  return {
    exit: done.incomplete ? 5 : 0,
    json: {
      package: done.package,
      url: done.url,
      manifestSha256: done.sha256,
      volumes: { ...done.volumes, total: done.manifest.volumes.length },
      sources: done.manifest.sources.map(
        ({ name, totals, reasons }): Json => ({ name, totals: totalsJson(totals), reasons: { ...reasons } }),
      ),
      incomplete: done.incomplete,
      stamped: done.stamped,
    },
    lines: [
      ...done.manifest.sources.flatMap(sourceLines),
      `${counted(done.manifest.volumes.length, 'volume')} (${done.volumes.reused} kept from before, ${done.volumes.made} made), read back by ${done.manifest.readBack.mode}`,
      `package   ${done.url}`,
      `manifest  sha256 ${done.sha256}`,
      ...(done.incomplete
        ? ['INCOMPLETE: some items are excluded or lost; the manifest and the index say which and why']
        : []),
    ],
  }
}

function totalsJson(totals: Manifest['sources'][number]['totals']): Json {
  return Object.fromEntries(Object.entries(totals).map(([name, tally]) => [name, { ...tally }]))
}

function sourceLines(source: Manifest['sources'][number]): string[] {
  const { exported, unchanged, removed, excluded, lost } = source.totals
  const parts = [
    `${exported.items} exported (${formatBytes(exported.bytes)})`,
    ...(unchanged.items > 0 ? [`${unchanged.items} unchanged`] : []),
    ...(removed.items > 0 ? [`${removed.items} removed`] : []),
    ...(excluded.items > 0 ? [`${excluded.items} EXCLUDED`] : []),
    ...(lost.items > 0 ? [`${lost.items} LOST`] : []),
  ]
  const reasons = Object.entries(source.reasons).map(([reason, count]) => `  ${count} × ${reason}`)
  return [`${source.name}  ${parts.join(', ')}`, ...reasons]
}
