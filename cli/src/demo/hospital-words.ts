/** Family names that nobody could take for a patient's. */
export const familyNames = [
  "D'ESSAI",
  'ÉCHANTILLON',
  'SPÉCIMEN',
  'FICTIF',
  'DE LA MAQUETTE',
  'MODÈLE-FACTICE',
  'ŒUVRARD-TEST',
  'N’EXISTE-PAS',
  'SYNTHÉTIQUE',
  'PERSONNE',
] as const

/** Given names to go with them. */
export const givenNames = [
  'Zoé',
  'Noël',
  'Françoise',
  'Jean-Démo',
  'Maëlys',
  'Loïc',
  'Testine',
  'Anaïs',
  'Côme',
  'Exemplia',
] as const

/** Wards: code, name, beds. */
export const wards = [
  ['URG', 'Urgences', 24],
  ['CAR', 'Cardiologie', 32],
  ['PED', 'Pédiatrie « Les Coquelicots »', 18],
  ['REA', 'Réanimation', 12],
  ['GER', "Gériatrie de l'Aïeul", 40],
  ['ONC', 'Oncologie', null],
] as const

/** Texts that trip over careless readers of CSV, of NULL, of Unicode or of line ends. */
export const awkwardTexts = [
  null,
  '',
  'NULL',
  '\\N',
  "l'œil gauche de l'aïeul n'a rien",
  'dit : "j\'ai mal, ici", puis se tait',
  'première ligne\ndeuxième ligne\r\ntroisième, avec virgule',
  'a,b;c\td|e',
  '"',
  '👩‍⚕️ contrôle 🏥 le 29 février',
  'e\u0301te\u0301 (décomposé) et été (composé)',
  '  espaces autour  ',
  '=1+1',
  '0012',
  '1e3',
  'Ελληνικά, עברית, 日本語',
] as const

/** Whole numbers up to the edge of 64 bits. */
export const awkwardIntegers = [
  0n,
  -1n,
  2n ** 31n,
  2n ** 53n + 1n,
  9_223_372_036_854_775_807n,
  -9_223_372_036_854_775_808n,
  null,
] as const

/** Numbers that lose digits when printed carelessly. */
export const awkwardReals = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.5, 1e21, 36.6, null] as const

/** What a device may send as a raw value: every type that SQLite stores. */
export const rawValues = [null, 42n, 36.6, '36,6', '', 'NULL', new Uint8Array([0, 255, 10, 34, 44])] as const

/** Legal file names that some system, somewhere, does not like; the first two differ in case only. */
export const oddNames = [
  'Radio thorax.txt',
  'radio THORAX.txt',
  'Compte rendu : suite.txt',
  'été à Noël.txt',
  "l'ordonnance (copie).txt",
  'nom sans extension',
  '.caché',
  'point final.',
  '-rf.txt',
  '100 % remboursé.txt',
  'con.txt',
  'trop   d’espaces.txt',
  '👩‍⚕️ note.txt',
  `${'très '.repeat(25)}long.txt`,
] as const

/** Codes of measurements: code and unit. */
export const measurements = [
  ['8867-4', '/min'],
  ['8310-5', 'Cel'],
  ['8480-6', 'mm[Hg]'],
  ['29463-7', 'kg'],
  ['2339-0', 'mg/dL'],
] as const

/** Drugs that do not exist. */
export const drugs = ['Placébol 500 mg', "Comprimé d'essai", 'Fictamine, sirop', 'Démocilline 1 g'] as const
