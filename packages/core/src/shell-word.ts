/** A name or path as one word of a POSIX shell, never an option: what is printed as a command can be pasted. */
export function shellWord(name: string): string {
  const word = name.startsWith('-') ? `./${name}` : name
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
