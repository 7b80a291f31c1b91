export { ahead } from './ahead.ts'
export { fingerprintsBeside } from './beside.ts'
export { buildingMark, buildingPlace, isLeftBehind } from './building-place.ts'
export { type Clock, isoTime, systemClock } from './clock.ts'
export type {
  Abilities,
  Connector,
  ConnectorOf,
  Difference,
  Exporter,
  FreezeOptions,
  Passage,
  Restorer,
  Sibling,
  Watcher,
} from './connector.ts'
export { ContentHash, type HashedFile, zeroChunks } from './content-hash.ts'
export { decodedPart } from './decoded-part.ts'
export type {
  Destination,
  DestinationOf,
  DestinationSpec,
  FileToCome,
  PendingFile,
  StoredFile,
} from './destination.ts'
export type {
  Destroyer,
  DestroyerOptions,
  DestroyStep,
  DestructionMethod,
  Kept,
  Prober,
  Sighting,
} from './destruction.ts'
export { differencesNow, type Judge, removed, watcherByInventory } from './differences.ts'
export { addDuration, type Duration, parseDuration } from './duration.ts'
export { eachLimited } from './each-limited.ts'
export { endOfLinks } from './end-of-links.ts'
export type { Entry, EntryAttributes, Extent, Loss, RestoredEntry } from './entry.ts'
export { mostPaxBytes } from './entry.ts'
export {
  asRestituteError,
  type ErrorCode,
  type ErrorDetails,
  type ErrorOptions,
  errorTable,
  isFull,
  moreFilesHint,
  RestituteError,
  systemCode,
} from './errors.ts'
export { nameProblem } from './file-names.ts'
export { fingerprintOfIdentity, shortFingerprint } from './fingerprint.ts'
export { freezeAlone } from './freeze-alone.ts'
export { matchesGlob } from './glob.ts'
export { type HeldFileSystem, holdFileSystem } from './held-file-system.ts'
export { throwIfInterrupted } from './interrupt.ts'
export { isMounted } from './is-mounted.ts'
export type { Item, KnownItem, Shard, ShardLimits } from './item.ts'
export type { Json, JsonObject } from './json.ts'
export { digestOfParts, type EntryDigest, knownItem } from './known-item.ts'
export { LendingSocket } from './lending-socket.ts'
export { MemoryByTurns } from './memory-by-turns.ts'
export { type Mounted, mountTable } from './mount-table.ts'
export { mountedInside, mountOf, refuseMounts } from './mounts-inside.ts'
export { noFurtherName } from './no-further-name.ts'
export { once } from './once.ts'
export { openPath } from './open-path.ts'
export { compareUtf8 } from './order.ts'
export { type Pair, pairs } from './pairs.ts'
export { areAmong, canBeFound, type Parts, type PartsThere, partsAmong } from './parts.ts'
export {
  isAlive,
  isGone,
  isGoneFrom,
  isNumberedAlike,
  type SeenFrom,
  seenFrom,
  startOf,
} from './processes.ts'
export { noProgress, type Progress, type ProgressReport } from './progress.ts'
export { refuseMounted } from './refuse-mounted.ts'
export { release } from './release.ts'
export { safeName, safeNamer, safeNames } from './safe-names.ts'
export { consecutiveShards, shardId } from './shards.ts'
export { shellWord } from './shell-word.ts'
export type { SourceHooks, SourceSpec, View } from './source.ts'
export { type DeviceNumber, type SystemCalls, systemCalls } from './system-calls.ts'
export { type DescribedTable, tablePackage } from './table-package.ts'
export { together } from './together.ts'
export { counted, formatBytes, formatSeconds, parseRate } from './units.ts'
export { parseWindow, type Window } from './window.ts'
export { isLater, writtenSince } from './written-since.ts'
