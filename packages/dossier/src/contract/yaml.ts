import type { Json } from '@restitute/core'
import { type Document, type ErrorCode, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import type { ContractProblem, Place } from './problems.ts'
import { readNodes } from './yaml-nodes.ts'

/** What a YAML file says, and where it says it. */
export interface YamlReading {
  readonly value: Json
  readonly problems: readonly ContractProblem[]
  /** Of what the pointer names, or of the nearest thing around it that exists. */
  readonly placeOf: (problem: ContractProblem) => Place
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** Brackets inside brackets, those in strings and comments included. */
const maxDepth = 200

// The library's own messages may quote the file, and so a secret: only its codes are used.
const meanings: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_DIRECTIVE: 'this directive cannot be read',
  BAD_DQ_ESCAPE: 'unknown escape in a double-quoted string',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character unless it is quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon in one line, or wrong indentation: put the value in quotes',
  BLOCK_IN_FLOW: 'an indented list or map inside brackets',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a bracket, quote, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key that runs over several lines: a colon or a quote is missing',
  MULTIPLE_DOCS: 'only one document is allowed, --- begins a second one',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'tabs are not allowed as indentation',
  TAG_RESOLVE_FAILED: 'this tag is not allowed',
  UNEXPECTED_TOKEN: 'this character is not expected here',
}

/**
 * Reads YAML 1.2 (core schema) that may be hostile: one document, UTF-8, no tags beyond the schema, no key
 * twice, keys are strings, aliases bounded. Never throws for what the file says: all problems come out
 * together.
 */
export function readYaml(bytes: Uint8Array): YamlReading {
  const lines = new LineCounter()
  const text = decode(bytes)
  const refused = text === undefined ? notUtf8 : depthProblem(text)
  const document = parse(refused ? '' : (text ?? ''), lines)
  const nodes = readNodes(document)
  const problems = refused ? [refused] : [...syntaxProblems(document), ...nodes.problems]
  return {
    value: nodes.value,
    problems,
    placeOf: ({ pointer, offset }) => placeAt(lines, offset ?? nearest(nodes.offsets, pointer)),
  }
}

const notUtf8: ContractProblem = { pointer: '', message: 'not UTF-8' }

/** The library's own bound comes too late: it has taken a gigabyte by then. */
function depthProblem(text: string): ContractProblem | undefined {
  let depth = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > maxDepth) return { pointer: '', message: 'nested too deeply' }
    if (depth < 0) depth = 0
  }
  return undefined
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function parse(text: string, lineCounter: LineCounter): Document<ParsedNode> {
  return parseDocument<ParsedNode>(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    prettyErrors: false,
    // Its check is quadratic; ours is not.
    uniqueKeys: false,
    lineCounter,
  })
}

function syntaxProblems(document: Document): ContractProblem[] {
  const found = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    pointer: '',
    message: meanings[code] ?? `not readable as YAML (${code})`,
    offset: pos[0],
  }))
  const version = document.directives?.yaml.version ?? '1.2'
  return version === '1.2' ? found : [...found, { pointer: '', message: `YAML 1.2 expected, got ${version}` }]
}

function nearest(offsets: ReadonlyMap<string, number>, pointer: string): number {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const offset = offsets.get(at)
    if (offset !== undefined) return offset
  }
  return offsets.get('') ?? 0
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}
