/** What the page of a scope says. */
export interface ScopeWords {
  readonly title: string
  readonly lead: string
  readonly sources: string
  readonly source: string
  readonly sourcesNote: string
  readonly copies: string
  readonly copiesNote: string
  readonly noCopies: string
  readonly rotation: string
  readonly leftOut: string
  readonly leftOutNote: string
  readonly nothingLeftOut: string
  readonly address: string
  readonly missing: string
  readonly unsigned: string
}

const fr: ScopeWords = {
  title: 'Périmètre de la restitution',
  lead: 'Ce qui sera rendu au client, puis détruit chez l’hébergeur, au titre de l’exigence',
  sources: 'Sources rendues, puis détruites',
  source: 'Source',
  sourcesNote: 'Tel que compté à la date ci-dessus ; ce qui change ensuite est rendu dans un lot suivant.',
  copies: 'Autres copies à détruire',
  copiesNote:
    'Une copie qui disparaît par rotation reste jusqu’à sa date ; son détenteur en déclare ensuite la fin.',
  noCopies: 'Le contrat n’énonce aucune autre copie : ni sauvegarde, ni réplica, ni instantané, ni support.',
  rotation: 'Disparaît par rotation après',
  leftOut: 'Laissé de côté',
  leftOutNote: 'Ceci n’est ni rendu, ni détruit.',
  nothingLeftOut: 'Rien n’est laissé de côté parmi les sources du contrat.',
  address: 'Adresse',
  missing:
    'Ce qui manque à cette page ne sera pas rendu, et aucune destruction n’en sera certifiée : le dire avant de signer.',
  unsigned:
    'Cette page a été établie avant toute signature : le fichier n’engage que s’il est signé des deux parties.',
}

const en: ScopeWords = {
  title: 'Scope of the restitution',
  lead: 'What will be given back to the client, then destroyed at the host, under requirement',
  sources: 'Sources that are given back, then destroyed',
  source: 'Source',
  sourcesNote: 'As counted on the date above; what changes after it comes back in a later package.',
  copies: 'Other copies to be destroyed',
  copiesNote: 'A copy that goes by rotation stays until its date; its holder then declares its end.',
  noCopies: 'The contract names no other copy: no backup, replica, snapshot or medium.',
  rotation: 'Goes by rotation after',
  leftOut: 'Left out',
  leftOutNote: 'This is neither given back nor destroyed.',
  nothingLeftOut: 'None of the sources of the contract is left out.',
  address: 'Address',
  missing:
    'What is missing on this page will not come back, and no destruction of it will be certified: say so before you sign.',
  unsigned:
    'This page was made before anybody signed: the file binds nobody until both parties have signed it.',
}

/** The words of the page in each language. */
export const scopeWords: Readonly<Record<'fr' | 'en', ScopeWords>> = { fr, en }
