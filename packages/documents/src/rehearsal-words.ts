import type { ForecastRecord, NegativeControl, RehearsalStep, RehearsalVerdict } from '@restitute/manifest'

/** What the pages of a rehearsal say. */
export interface RehearsalWords {
  readonly title: string
  readonly lead: string
  readonly verdicts: Readonly<Record<RehearsalVerdict, string>>
  readonly passed: string
  readonly failed: string
  readonly done: string
  readonly name: string
  readonly period: string
  readonly share: string
  readonly sources: string
  readonly source: string
  readonly inventoried: string
  readonly drawn: string
  readonly inPart: string
  readonly outcome: string
  readonly equal: string
  readonly different: (items: number) => string
  readonly notRestored: string
  readonly chainBroken: string
  readonly noTarget: string
  readonly forecast: string
  readonly forecastNote: (percent: number, workers: number, spread: number) => string
  readonly phases: { readonly export: string; readonly delivery: string; readonly verification: string }
  readonly delivered: string
  readonly deadlines: string
  readonly deadline: string
  readonly askedBy: string
  readonly allowed: string
  readonly needed: string
  readonly verdict: string
  readonly short: Readonly<Record<RehearsalVerdict, string>>
  readonly deadlineNames: Readonly<Record<string, string>>
  readonly bottleneck: string
  readonly bottleneckOf: (stage: string, source: string | undefined, percent: number) => string
  readonly stages: Readonly<Record<string, string>>
  readonly instead: string
  readonly changes: Readonly<Record<ForecastRecord['instead'][number]['change'], string>>
  readonly growth: (bytesPerDay: string, rehearsals: number) => string
  readonly copy: string
  readonly method: string
  readonly seen: string
  readonly copies: (copy: string) => string
  readonly throughput: string
  readonly perSecond: string
  readonly trend: string
  readonly controls: string
  readonly controlsNote: string
  readonly control: Readonly<Record<NegativeControl, string>>
  readonly caught: string
  readonly notCaught: string
  readonly failures: string
  readonly steps: Readonly<Record<RehearsalStep, string>>
  readonly destroyed: string
  readonly destroyedNote: string
  readonly states: Readonly<Record<'present' | 'absent' | 'could-not-check', string>>
  readonly limits: string
  readonly limitLines: readonly string[]
  readonly units: {
    readonly day: string
    readonly hour: string
    readonly minute: string
    readonly second: string
  }
}

/** French. */
export const rehearsalFr: RehearsalWords = {
  title: 'Rapport de répétition de la réversibilité',
  lead: 'Répétition mesurée de toute la chaîne de restitution et de destruction, au titre de',
  verdicts: {
    holds: 'Les délais seraient tenus.',
    'at-risk': 'Les délais seraient tenus selon l’estimation, mais pas à coup sûr.',
    'does-not-hold': 'Au moins un délai ne serait pas tenu.',
    'no-deadline': 'Le contrat ne fixe aucun délai auquel comparer la prévision.',
  },
  passed: 'Toutes les étapes ont réussi.',
  failed: 'La répétition a échoué : voir « Défauts constatés ».',
  done: 'Répétition',
  name: 'Nom',
  period: 'Début et fin',
  share: 'Part demandée de chaque source',
  sources: 'Sources répétées',
  source: 'Source',
  inventoried: 'Inventorié',
  drawn: 'Exporté en entier',
  inPart: 'En partie',
  outcome: 'Reconstruit et comparé',
  equal: 'identique par le contenu',
  different: (items) => `${items} élément(s) DIFFÉRENT(S)`,
  notRestored: 'non reconstruit',
  chainBroken: 'une étape précédente a échoué',
  noTarget: 'le contrat ne nomme pas de cible pour ce type de source',
  forecast: 'Prévision pour la totalité',
  forecastNote: (percent, workers, spread) =>
    `Les bornes sont calculées pour contenir la vérité ${percent} fois sur 100 si la machine et les sources restent les mêmes ; ${workers} processus de travail ; variation admise d’une exécution à l’autre : ${spread} %.`,
  phases: { export: 'Export', delivery: 'Livraison', verification: 'Vérification par le client' },
  delivered: 'Tout est livré',
  deadlines: 'Délais du contrat',
  deadline: 'Délai',
  askedBy: 'Demandé par',
  allowed: 'Durée admise',
  needed: 'Durée prévue',
  verdict: 'Verdict',
  short: { holds: 'tenu', 'at-risk': 'incertain', 'does-not-hold': 'non tenu', 'no-deadline': 'sans délai' },
  deadlineNames: {
    restitution: 'restitution',
    acknowledgement: 'accusé de réception',
    transition: 'transition',
    answer: 'réponse',
  },
  bottleneck: 'Goulet d’étranglement',
  bottleneckOf: (stage, source, percent) =>
    `${stage}${source === undefined ? '' : ` (source ${source})`} : ${percent} % de la durée jusqu’à la livraison.`,
  stages: {
    read: 'lecture de la source',
    pack: 'mise en archive',
    compress: 'compression',
    encrypt: 'chiffrement',
    write: 'écriture à la destination',
    'read-back': 'relecture de contrôle',
    inventory: 'inventaire et index',
    index: 'index',
    window: 'attente de la plage horaire',
    delivery: 'livraison',
    deliver: 'livraison',
    verify: 'vérification',
    restore: 'reconstruction',
    compare: 'comparaison',
    controls: 'contrôles négatifs',
    destroy: 'destruction',
  },
  instead: 'Et si…',
  changes: {
    'twice-the-workers': 'deux fois plus de processus (si la machine a les cœurs)',
    'twice-the-link': 'un lien deux fois plus rapide',
    'no-windows': 'sans plage horaire',
    'a-year-of-growth': 'après un an de croissance',
  },
  growth: (bytesPerDay, rehearsals) =>
    `Croissance mesurée sur ${rehearsals} répétitions : ${bytesPerDay} octets par jour.`,
  copy: 'Copie',
  method: 'Méthode',
  seen: 'Observé ensuite',
  copies: (copy) =>
    copy
      .replace(/^package /, 'lot ')
      .replace(/^restored /, 'source reconstruite ')
      .replace('folder of the rehearsal', 'dossier de travail de la répétition'),
  throughput: 'Débit par étape',
  perSecond: 'Mo/s',
  trend: 'Évolution : durée prévue jusqu’à la livraison',
  controls: 'Contrôles négatifs',
  controlsNote: 'Chaque dommage a été fait à une copie du lot ; chacun doit être découvert.',
  control: {
    flip: 'un bit inversé',
    cut: 'un octet coupé',
    omit: 'un fichier omis',
    swap: 'deux fichiers échangés',
    replay: 'un fichier d’un autre lot',
  },
  caught: 'découvert',
  notCaught: 'NON DÉCOUVERT',
  failures: 'Défauts constatés',
  steps: {
    keys: 'clés du client',
    export: 'export',
    deliver: 'livraison',
    verify: 'vérification',
    restore: 'reconstruction',
    compare: 'comparaison',
    controls: 'contrôles négatifs',
    destroy: 'destruction',
  },
  destroyed: 'Destruction des copies de la répétition',
  destroyedNote: 'Suppression, sans effacement sécurisé revendiqué ; puis observation.',
  states: { present: 'encore présent', absent: 'absent', 'could-not-check': 'non vérifiable' },
  limits: 'Ce que ce rapport ne dit pas',
  limitLines: [
    'La prévision suppose la même machine, les mêmes sources et la même charge que pendant la répétition.',
    'Les petits volumes coûtent plus par octet que les grands : pour peu de données, la prévision est plutôt trop longue.',
    'Les éléments exportés en partie ont été mesurés, mais ni reconstruits ni comparés.',
    'La vérification par le client a été mesurée sur la machine de l’hébergeur.',
    'La destruction des sources elles-mêmes n’a pas été répétée.',
  ],
  units: { day: 'j', hour: 'h', minute: 'min', second: 's' },
}

/** British English. */
export const rehearsalEn: RehearsalWords = {
  title: 'Report of a reversibility rehearsal',
  lead: 'Measured rehearsal of the whole chain of restitution and destruction, under requirement',
  verdicts: {
    holds: 'The deadlines would hold.',
    'at-risk': 'By the estimate the deadlines would hold, but not for certain.',
    'does-not-hold': 'At least one deadline would not hold.',
    'no-deadline': 'The contract sets no deadline to compare the forecast with.',
  },
  passed: 'Every step succeeded.',
  failed: 'The rehearsal failed: see “Defects found”.',
  done: 'Rehearsal',
  name: 'Name',
  period: 'Begin and end',
  share: 'Share of each source that was asked for',
  sources: 'Sources rehearsed',
  source: 'Source',
  inventoried: 'Inventoried',
  drawn: 'Exported whole',
  inPart: 'In part',
  outcome: 'Rebuilt and compared',
  equal: 'equal by content',
  different: (items) => `${items} item(s) DIFFERENT`,
  notRestored: 'not rebuilt',
  chainBroken: 'an earlier step failed',
  noTarget: 'the contract names no target for this kind of source',
  forecast: 'Forecast for the whole',
  forecastNote: (percent, workers, spread) =>
    `The bounds are calculated to hold in ${percent} cases of 100 as long as machine and sources stay the same; ${workers} worker threads; spread allowed for between runs: ${spread} %.`,
  phases: { export: 'Export', delivery: 'Delivery', verification: 'Verification by the client' },
  delivered: 'Everything is delivered',
  deadlines: 'Deadlines of the contract',
  deadline: 'Deadline',
  askedBy: 'Asked for by',
  allowed: 'Time allowed',
  needed: 'Time forecast',
  verdict: 'Verdict',
  short: {
    holds: 'holds',
    'at-risk': 'at risk',
    'does-not-hold': 'does not hold',
    'no-deadline': 'no deadline',
  },
  deadlineNames: {
    restitution: 'restitution',
    acknowledgement: 'acknowledgement',
    transition: 'transition',
    answer: 'answer',
  },
  bottleneck: 'Bottleneck',
  bottleneckOf: (stage, source, percent) =>
    `${stage}${source === undefined ? '' : ` (source ${source})`}: ${percent} % of the time until the delivery.`,
  stages: {
    read: 'reading the source',
    pack: 'packing',
    compress: 'compression',
    encrypt: 'encryption',
    write: 'writing to the destination',
    'read-back': 'read-back',
    inventory: 'inventory and index',
    index: 'index',
    window: 'waiting for the window',
    delivery: 'delivery',
    deliver: 'delivery',
    verify: 'verification',
    restore: 'restoration',
    compare: 'comparison',
    controls: 'negative controls',
    destroy: 'destruction',
  },
  instead: 'What if…',
  changes: {
    'twice-the-workers': 'twice the workers (if the machine has the cores)',
    'twice-the-link': 'a link twice as fast',
    'no-windows': 'no time window',
    'a-year-of-growth': 'after a year of growth',
  },
  growth: (bytesPerDay, rehearsals) =>
    `Growth measured over ${rehearsals} rehearsals: ${bytesPerDay} bytes a day.`,
  copy: 'Copy',
  method: 'Method',
  seen: 'Then observed',
  copies: (copy) => copy,
  throughput: 'Throughput by stage',
  perSecond: 'MB/s',
  trend: 'Trend: time forecast until the delivery',
  controls: 'Negative controls',
  controlsNote: 'Each harm was done to a copy of the package; each must be found out.',
  control: {
    flip: 'a bit flipped',
    cut: 'a byte cut off',
    omit: 'a file left out',
    swap: 'two files swapped',
    replay: 'a file of another package',
  },
  caught: 'found out',
  notCaught: 'NOT FOUND OUT',
  failures: 'Defects found',
  steps: {
    keys: 'keys of the client',
    export: 'export',
    deliver: 'delivery',
    verify: 'verification',
    restore: 'restoration',
    compare: 'comparison',
    controls: 'negative controls',
    destroy: 'destruction',
  },
  destroyed: 'Destruction of the copies of the rehearsal',
  destroyedNote: 'Deletion, no sanitization claimed; then observed.',
  states: { present: 'still there', absent: 'absent', 'could-not-check': 'could not check' },
  limits: 'What this report does not say',
  limitLines: [
    'The forecast takes machine, sources and load to be those of the rehearsal.',
    'Small volumes cost more by the byte than large ones: of little data, the forecast is rather too long.',
    'Items exported in part were measured, but neither rebuilt nor compared.',
    'The client’s verification was measured on the machine of the host.',
    'The destruction of the sources themselves was not rehearsed.',
  ],
  units: { day: 'd', hour: 'h', minute: 'min', second: 's' },
}
