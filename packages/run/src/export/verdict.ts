import { compareUtf8, type Item, type KnownItem, matchesGlob, RestituteError } from '@restitute/core'
import { entriesOfItem } from '../journal/entries.ts'
import { type ItemRow, itemFinder } from '../journal/items.ts'
import { delivered, isHeld } from '../journal/outcomes.ts'
import { reasonLine } from '../journal/reasons.ts'
import type { BaseSource } from './base.ts'
import { recordable } from './recordable.ts'

/** Why an item outside `--item` is excluded. */
export const notAskedFor = 'not asked for'

/** What is known before an inventory is taken. */
export interface VerdictContext {
  /** Row of the source in the base; only when it is the same system, for marks mean nothing elsewhere. */
  readonly base: BaseSource | undefined
  /** Glob of the item ids asked for. */
  readonly items: string | undefined
  /** Ordinal of the first item to export, among those judged before, of the file that this one is a name of. */
  readonly exportedName: (leader: string) => number | undefined
}

/**
 * Turns the items of an inventory, in their order, into rows: unchanged since the base, excluded, lost or to export.
 * Items lost in the inventory are numbered too, for what can still be read of them, but not those that no index can
 * hold: connectors are not asked to read what they would not know again. Throws `internal` when the ids do not ascend,
 * and what {@link recordable} throws.
 */
export function verdicts(context: VerdictContext): (item: Item) => ItemRow {
  const { base, items, exportedName } = context
  const find = base && itemFinder(base.db)
  const entriesOf = base && entriesOfItem(base.db)
  let ordinal = 0
  let last: string | undefined
  return (inventoried) => {
    const item = recordable(inventoried)
    if (last !== undefined && compareUtf8(last, item.id) >= 0) throw notAscending()
    last = item.id
    const before = base && find?.(base.row.id, item.id)
    if (before && isUnchanged(item, before)) {
      return rowOf(
        carried(item, delivered(before, entriesOf?.(base.row.id, item.id) ?? [], undefined)),
        null,
        'unchanged',
      )
    }
    if (items !== undefined && !matchesGlob(item.id, items)) {
      return rowOf(item, null, 'excluded', notAskedFor)
    }
    const { lost, leader } = item
    if (item !== inventoried && lost !== undefined) return unrecorded(item, lost)
    const row = rowOf(
      item,
      ++ordinal,
      lost === undefined ? 'exported' : 'lost',
      lost === undefined ? null : reasonLine(lost),
    )
    return leader === undefined ? row : { ...row, read_at: exportedName(leader) ?? ordinal }
  }
}

/** Not lost by the inventory: what lies in such a folder was seen. */
function unrecorded(item: Item, reason: string): ItemRow {
  return { ...rowOf(item, null, 'lost', reasonLine(reason)), lost: null }
}

function isUnchanged(item: Item, before: ItemRow): boolean {
  const sameFile = before.mark === item.mark && before.leader === (item.leader ?? null)
  // A digest is worth more than the mark, which a program of the host tells: by it the guard "unchanged" judges, too.
  const sameContent = item.digest === undefined || (before.digest ?? item.digest) === item.digest
  return isHeld(before) && (item.lost === undefined || item.markTells === true) && sameFile && sameContent
}

/** What the inventory does not know of an unchanged item is as it was delivered. */
function carried(inventoried: Item, before: KnownItem): Item {
  const { lost: _, ...item } = inventoried
  const digest = item.digest ?? before.digest
  const { partBytes, found } = before.attributes ?? {}
  return {
    ...item,
    ...(digest !== undefined && { digest }),
    ...((partBytes ?? found) !== undefined && {
      attributes: {
        ...item.attributes,
        ...(partBytes !== undefined && { partBytes }),
        ...(found !== undefined && { found }),
      },
    }),
  }
}

function rowOf(
  item: Item,
  ordinal: number | null,
  state: ItemRow['state'],
  reason: string | null = null,
): ItemRow {
  const { id, kind, bytes, mark } = item
  return {
    ...{ id, ordinal, kind, bytes, mark, state, reason },
    count: item.count ?? null,
    digest: item.digest ?? null,
    attributes: item.attributes ? JSON.stringify(item.attributes) : null,
    leader: item.leader ?? null,
    lost: item.lost ?? null,
    read_at: ordinal,
  }
}

function notAscending(): RestituteError {
  return new RestituteError('internal', 'inventory: expected items in ascending order of their ids')
}
