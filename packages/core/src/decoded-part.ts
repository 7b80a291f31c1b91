/** A part of a URL with its `%..` decoded; undefined where a `%` begins no byte, or the bytes are no text. */
export function decodedPart(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
