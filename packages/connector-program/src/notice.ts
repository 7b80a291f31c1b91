import type { Entry } from '@restitute/core'
import type { Description } from './description.ts'

/** What lies at the top of the bag: in which format the data come. */
export function* notices({ format }: Description, modified: bigint): Iterable<Entry> {
  yield notice('README.md', english(format), modified)
  yield notice('LISEZMOI.md', french(format), modified)
}

function english(format: string): string {
  return `# Native format, not neutral

The files below \`data/\` were made by a program of the host, in the native format of the system:

    ${format}

Each folder holds the files of one item. Files named \`part-000001\`, \`part-000002\`, … are one file that \`cat\` joins.
To use the data you need that system, or the tools of its vendor.
`
}

function french(format: string): string {
  return `# Format natif, non neutre

Les fichiers sous \`data/\` ont été produits par un programme de l'hébergeur, dans le format natif du système :

    ${format}

Chaque dossier contient les fichiers d'un élément. Les fichiers \`part-000001\`, \`part-000002\`, … sont un seul fichier que \`cat\` réunit.
Pour utiliser les données, il faut ce système, ou les outils de son éditeur.
`
}

function notice(path: string, text: string, modified: bigint): Entry {
  const bytes = Buffer.from(text)
  return {
    ...{ path, type: 'file', size: bytes.length, mode: 0o644, modified },
    async *content() {
      yield bytes
    },
  }
}
