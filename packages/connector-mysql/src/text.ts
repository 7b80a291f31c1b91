/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text as a literal that means the same under every sql_mode, and in every client. */
export function quoteText(text: string): string {
  if (/^[\w .,:;+\-@%/()[\]<>=!?*$&#^~{}|]*$/.test(text)) return `'${text}'`
  return `_utf8mb4 X'${Buffer.from(text).toString('hex')}'`
}

/** The first line of a message, without what the server quotes of the data. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.trim() ?? ''
}
