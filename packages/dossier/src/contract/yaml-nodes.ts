import type { Json } from '@restitute/core'
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { ContractProblem } from './problems.ts'

/** The content of a YAML document as JSON, and where each part of it stands. */
export interface YamlNodes {
  readonly value: Json
  readonly problems: readonly ContractProblem[]
  /** JSON pointer → character offset of the key, or of the list item. */
  readonly offsets: ReadonlyMap<string, number>
}

const maxAliases = 100
const maxNodes = 100_000
const maxProblems = 100

/** Turns nodes into JSON. What is not JSON, a key given twice, a cycle or too much expansion is a problem. */
export function readNodes(document: Document): YamlNodes {
  const reader = new NodeReader(document)
  const value = reader.read(document.contents, '', new Set())
  return { value, problems: reader.problems, offsets: reader.offsets }
}

class NodeReader {
  readonly problems: ContractProblem[] = []
  readonly offsets = new Map<string, number>()
  readonly #document: Document
  #aliases = 0
  #nodes = 0

  constructor(document: Document) {
    this.#document = document
  }

  read(node: unknown, pointer: string, around: ReadonlySet<unknown>): Json {
    if (++this.#nodes > maxNodes) return this.#refuse(pointer, `more than ${maxNodes} values`)
    if (around.has(node)) return this.#refuse(pointer, 'an alias to something that contains it')
    const inside = new Set(around).add(node)
    if (isAlias(node)) return this.#alias(node, pointer, inside)
    if (isMap(node)) return this.#map(node, pointer, inside)
    if (isSeq(node)) return node.items.map((item, i) => this.#item(item, `${pointer}/${i}`, inside))
    return isScalar(node) ? this.#scalar(node.value, pointer) : null
  }

  #alias(node: Alias, pointer: string, inside: ReadonlySet<unknown>): Json {
    if (++this.#aliases > maxAliases) return this.#refuse(pointer, `more than ${maxAliases} aliases`)
    const target: Node | undefined = node.resolve(this.#document)
    if (target === undefined) return this.#refuse(pointer, 'an alias without its anchor')
    return this.read(target, pointer, inside)
  }

  #map(node: YAMLMap, pointer: string, inside: ReadonlySet<unknown>): Json {
    const members = new Map<string, Json>()
    for (const pair of node.items) {
      const key = this.#key(pair, pointer)
      if (key === undefined) continue
      const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (members.has(key)) this.#problem(at, 'this key occurs twice', offsetOf(pair.key))
      else this.#place(at, pair.key)
      members.set(key, this.read(pair.value, at, inside))
    }
    return Object.fromEntries(members)
  }

  #key(pair: Pair, pointer: string): string | undefined {
    if (isScalar(pair.key) && typeof pair.key.value === 'string') return pair.key.value
    this.#problem(pointer, 'keys must be strings', offsetOf(pair.key))
    return undefined
  }

  #item(node: unknown, pointer: string, inside: ReadonlySet<unknown>): Json {
    this.#place(pointer, node)
    return this.read(node, pointer, inside)
  }

  #scalar(value: unknown, pointer: string): Json {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    return this.#refuse(pointer, 'not a value that JSON knows')
  }

  #place(pointer: string, node: unknown): void {
    const offset = offsetOf(node)
    if (offset !== undefined && !this.offsets.has(pointer)) this.offsets.set(pointer, offset)
  }

  #refuse(pointer: string, message: string): null {
    this.#problem(pointer, message)
    return null
  }

  #problem(pointer: string, message: string, offset?: number): void {
    if (this.problems.length < maxProblems)
      this.problems.push({ pointer, message, ...(offset === undefined ? {} : { offset }) })
  }
}

function offsetOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined
}
