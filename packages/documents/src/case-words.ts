import type { EventType } from '@restitute/manifest'

/** What the pages that render the ledger say. */
export interface CaseWords {
  readonly requirement: string
  readonly slip: {
    readonly title: string
    readonly lead: string
    readonly handedOver: string
    readonly on: string
    readonly place: string
    readonly country: string
    readonly medium: string
    readonly seal: string
    readonly carrier: string
    readonly recipient: string
    readonly files: string
    readonly list: string
    readonly none: string
    readonly next: string
    readonly nextSteps: readonly string[]
  }
  readonly minutes: {
    readonly title: string
    readonly lead: string
    readonly course: string
    readonly number: string
    readonly date: string
    readonly event: string
    readonly by: string
    readonly document: string
    readonly unstamped: string
  }
  readonly ledger: string
  readonly ledgerNote: string
  readonly lastEvent: string
  readonly lineDigest: string
  readonly byHand: string
  readonly handNote: string
  readonly forHost: string
  readonly forClient: string
  readonly nameDateSignature: string
  /** Between a fact and what it is about. */
  readonly colon: string
  /** How a receipt was signed, where not by OpenPGP. */
  readonly forms: Readonly<Record<string, string>>
  /** Of a review of the technical log, before the number of the event whose lines were changed. */
  readonly logChanged: string
  readonly events: Readonly<Record<EventType, string>>
}

const fr: CaseWords = {
  requirement: 'au titre de l’exigence',
  slip: {
    title: 'Bordereau de remise',
    lead: 'Lots de restitution remis au client,',
    handedOver: 'Remise',
    on: 'Remis le',
    place: 'Lieu',
    country: 'Pays',
    medium: 'Numéro de série du support',
    seal: 'Scellé',
    carrier: 'Transporteur',
    recipient: 'Destinataire',
    files: 'Fichiers',
    list: 'Empreinte SHA-256 de sa liste',
    none: 'Aucune remise n’est inscrite au registre pour cette opération.',
    next: 'À faire par le client',
    nextSteps: [
      'Comparer l’empreinte de chaque manifeste : sha256sum manifest.json.',
      'Contrôler chaque lot : restitute verify, ou le fichier LISEZMOI.md du lot.',
      'Faire sa propre sauvegarde, puis signer l’accusé de réception : restitute acknowledge. Recevoir ce bordereau n’est ni accepter ni consentir à une destruction.',
    ],
  },
  minutes: {
    title: 'Procès-verbal de réversibilité',
    lead: 'Déroulement de l’opération d’après le registre,',
    course: 'Déroulement',
    number: 'N°',
    date: 'Date',
    event: 'Fait',
    by: 'Inscrit par',
    document: 'Empreinte SHA-256 de la pièce',
    unstamped:
      'Les dates sont celles de l’horloge de qui a inscrit le fait ; les jetons d’horodatage sont dans les pièces.',
  },
  ledger: 'Registre',
  ledgerNote:
    'Cette page est une mise en forme du registre, qui seul fait foi : il est chaîné et chaque ligne est signée. Ce point de contrôle fixe tout ce qui précède ; restitute verify le contrôle.',
  lastEvent: 'Numéro du dernier événement',
  lineDigest: 'Empreinte SHA-256 de sa ligne',
  byHand: 'Visas',
  handNote: 'Les visas attestent la remise de cette page ; ils ne remplacent aucune des pièces signées.',
  forHost: 'Pour l’hébergeur',
  forClient: 'Pour le client',
  nameDateSignature: 'Nom, date et signature',
  colon: '\u00a0: ',
  logChanged: 'modifié depuis l’événement',
  forms: {
    x509: 'signé par certificat X.509',
    handwritten: 'déclaré, signé à la main, non vérifié par cryptographie',
  },
  events: {
    'contract-pinned': 'Contrat signé par les deux parties, mis en vigueur',
    'contract-amended': 'Avenant signé par les deux parties, mis en vigueur',
    'challenge-sent': 'Épreuve envoyée à une clé du client',
    'challenge-answered': 'Épreuve déchiffrée par le client',
    requested: 'Demande du client',
    scoped: 'Périmètre signé par les deux parties',
    'export-approved': 'Sortie des données approuvée',
    'export-started': 'Export commencé',
    exported: 'Lot achevé',
    'delivery-started': 'Écriture sur un support commencée',
    delivered: 'Remise au client',
    acknowledged: 'Accusé de réception du client',
    notice: 'Préavis d’effacement',
    contest: 'Contestation du client',
    'contest-closed': 'Contestation close',
    hold: 'Suspension',
    release: 'Suspension levée',
    withdrawal: 'Consentement retiré',
    waiver: 'Renonciation du client',
    declaration: 'Déclaration de qui détient une copie',
    custody: 'Support gardé par le client',
    incident: 'Incident',
    'incident-closed': 'Incident clos',
    reminder: 'Relance du client',
    'certification-lost': 'Perte de la certification',
    'roles-withdrawn': 'Habilitations retirées',
    mandate: 'Mandat donné à une clé',
    'log-reviewed': 'Journal technique revu',
    'log-purged': 'Journal technique purgé',
    rehearsed: 'Répétition de la réversibilité',
    'order-written': 'Ordre de destruction rédigé',
    'order-signed': 'Ordre de destruction signé',
    'copy-seen': 'Copie constatée avant destruction',
    'destruction-started': 'Destruction commencée',
    'destruction-finished': 'Destruction terminée',
    'copy-probed': 'Copie recherchée après destruction',
    certified: 'Certificat de destruction',
  },
}

const en: CaseWords = {
  requirement: 'under requirement',
  slip: {
    title: 'Delivery slip',
    lead: 'Packages handed over to the client,',
    handedOver: 'Handed over',
    on: 'Handed over on',
    place: 'Place',
    country: 'Country',
    medium: 'Serial number of the medium',
    seal: 'Seal',
    carrier: 'Carrier',
    recipient: 'Recipient',
    files: 'Files',
    list: 'SHA-256 of its list',
    none: 'The ledger holds no delivery of this operation.',
    next: 'What the client does next',
    nextSteps: [
      'Compare the digest of each manifest: sha256sum manifest.json.',
      'Check each package: restitute verify, or as its README.md says.',
      'Make a backup, then sign the receipt: restitute acknowledge. Taking this slip neither accepts the data nor consents to a destruction.',
    ],
  },
  minutes: {
    title: 'Minutes of the reversibility',
    lead: 'Course of the operation by the ledger,',
    course: 'Course',
    number: 'No.',
    date: 'Date',
    event: 'Fact',
    by: 'Recorded by',
    document: 'SHA-256 of its document',
    unstamped: 'Dates are by the clock of whoever recorded the fact; time stamps are among the documents.',
  },
  ledger: 'Ledger',
  ledgerNote:
    'This page is a rendering of the ledger, which alone is authoritative: it is chained, and every line is signed. This checkpoint pins all that came before; restitute verify checks it.',
  lastEvent: 'Number of the last event',
  lineDigest: 'SHA-256 of its line',
  byHand: 'Initials',
  handNote: 'They say that this page changed hands; they replace none of the signed documents.',
  forHost: 'For the host',
  forClient: 'For the client',
  nameDateSignature: 'Name, date and signature',
  colon: ': ',
  logChanged: 'changed since event',
  forms: {
    x509: 'signed by X.509 certificate',
    handwritten: 'declared, signed by hand, not cryptographically verified',
  },
  events: {
    'contract-pinned': 'Contract signed by both parties, in force',
    'contract-amended': 'Amendment signed by both parties, in force',
    'challenge-sent': 'Challenge sent to a key of the client',
    'challenge-answered': 'Challenge decrypted by the client',
    requested: 'Request of the client',
    scoped: 'Scope signed by both parties',
    'export-approved': 'Departure of the data approved',
    'export-started': 'Export begun',
    exported: 'Package finished',
    'delivery-started': 'Writing to a medium begun',
    delivered: 'Handed over to the client',
    acknowledged: 'Receipt of the client',
    notice: 'Erasure notice',
    contest: 'Contest of the client',
    'contest-closed': 'Contest closed',
    hold: 'Hold',
    release: 'Hold released',
    withdrawal: 'Consent withdrawn',
    waiver: 'Waiver of the client',
    declaration: 'Declaration by whoever holds a copy',
    custody: 'Medium kept by the client',
    incident: 'Incident',
    'incident-closed': 'Incident closed',
    reminder: 'Reminder to the client',
    'certification-lost': 'Certification lost',
    'roles-withdrawn': 'Roles withdrawn',
    mandate: 'Mandate given to a key',
    'log-reviewed': 'Technical log reviewed',
    'log-purged': 'Technical log purged',
    rehearsed: 'Rehearsal of the reversibility',
    'order-written': 'Order to destroy written',
    'order-signed': 'Order to destroy signed',
    'copy-seen': 'Copy seen before its destruction',
    'destruction-started': 'Destruction begun',
    'destruction-finished': 'Destruction finished',
    'copy-probed': 'Copy looked for after its destruction',
    certified: 'Certificate of destruction',
  },
}

/** Language → words. */
export const caseWords: Readonly<Record<'fr' | 'en', CaseWords>> = { fr, en }
