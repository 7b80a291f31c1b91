import { RestituteError } from '@restitute/core'
import { DOMParser, type Element } from '@xmldom/xmldom'

const longest = 4 * 2 ** 20

/**
 * The root of an XML document, as hostile input: bounded, without a document type, hence without entities of its own.
 * Throws `hostile-input`, also for what is not well formed.
 */
export function parseXml(bytes: Uint8Array, path: string): Element {
  const text = Buffer.from(bytes).toString('utf8')
  if (bytes.length > longest) throw wrong(path, `longer than ${longest} bytes`)
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw wrong(path, 'it brings definitions of its own')
  try {
    const onError = (_level: string, message: string): never => {
      throw new Error(message)
    }
    const root = new DOMParser({ onError }).parseFromString(text, 'text/xml').documentElement
    if (root !== null) return root
  } catch {
    // Said below: the message could quote the document.
  }
  throw wrong(path, 'not well-formed XML')
}

function wrong(path: string, what: string): RestituteError {
  return new RestituteError('hostile-input', `description ${path}: ${what}`)
}

/** The children with this name, whatever their namespace. */
export function children(parent: Element | undefined, name: string): Element[] {
  const found: Element[] = []
  for (let node = parent?.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 1 && (node as Element).localName === name) found.push(node as Element)
  }
  return found
}

/** The first descendant along this path of names. */
export function at(parent: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((element, name) => children(element, name)[0], parent)
}

/** The text of an element, trimmed; nothing for none or an empty one. */
export function textOf(element: Element | undefined): string | undefined {
  const text = element?.textContent?.trim()
  return text === undefined || text === '' ? undefined : text
}

/** An attribute, whatever its namespace. */
export function attribute(element: Element | undefined, name: string): string | undefined {
  for (const one of Array.from(element?.attributes ?? [])) {
    if (one.localName === name) return one.value
  }
  return undefined
}

/** Text as it stands in an element or an attribute; what XML cannot hold becomes a question mark. */
export function escaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '?')
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  }
  return clean.replace(/[&<>"']/g, (character) => names[character] ?? character)
}
