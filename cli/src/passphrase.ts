import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { RestituteError } from '@restitute/core'

/** How a passphrase is had: from a file when one is named, else by asking on the terminal. */
export function passphraseFrom(file: string | undefined): (label: string) => Promise<string> {
  return file === undefined ? ask : async () => firstLine(file)
}

async function firstLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RestituteError('key-missing', `cannot read the passphrase file ${file}`, { cause })
  })
  return text.split(/\r?\n/, 1)[0] ?? ''
}

/** Asks without echo; where there is no terminal, says how else to give it. */
async function ask(label: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new RestituteError(
      'passphrase-wrong',
      `the key ${label} needs a passphrase and there is no terminal to ask on`,
      {
        hint: 'name a file that holds it with --passphrase-file',
      },
    )
  }
  process.stderr.write(`passphrase for ${label}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await reader.question('')
  } finally {
    reader.close()
    process.stderr.write('\n')
  }
}
