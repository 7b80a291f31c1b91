import type { IncidentNature } from '@restitute/manifest'

/** What the page of incidents says. */
export interface IncidentWords {
  readonly title: string
  readonly lead: string
  readonly none: string
  readonly heading: (number: number) => string
  readonly open: string
  readonly closed: string
  readonly natures: Readonly<Record<IncidentNature, string>>
  readonly facts: Readonly<
    Record<
      | 'event'
      | 'recorded'
      | 'nature'
      | 'discovered'
      | 'text'
      | 'categories'
      | 'persons'
      | 'records'
      | 'consequences'
      | 'measures'
      | 'contact'
      | 'notified'
      | 'closedAt'
      | 'closing'
      | 'document',
      string
    >
  >
  readonly notNotified: string
  readonly notClosed: string
  readonly free: string
  readonly law: string
  readonly unsaid: string
}

const fr: IncidentWords = {
  title: 'Registre des violations de données et des incidents',
  lead: 'Incidents du dossier, avec ce que l’article 33, paragraphes 3 et 5, du RGPD demande de documenter.',
  none: 'Aucun incident n’est inscrit au registre.',
  heading: (number) => `Incident n° ${number}`,
  open: 'Ouvert',
  closed: 'Clos',
  natures: {
    'leaked-key': 'clé divulguée',
    'lost-medium': 'support perdu',
    'wrong-tenant': 'données d’un autre client, ou remises à un autre',
    other: 'autre',
  },
  facts: {
    event: 'Événement du registre',
    recorded: 'Inscrit le, par',
    nature: 'Nature',
    discovered: 'Découvert le',
    text: 'Ce qui s’est passé',
    categories: 'Catégories de personnes et de données',
    persons: 'Personnes concernées, environ',
    records: 'Enregistrements concernés, environ',
    consequences: 'Conséquences probables',
    measures: 'Mesures prises ou proposées',
    contact: 'Délégué à la protection des données, ou autre contact',
    notified: 'Client averti le',
    closedAt: 'Clos le, par',
    closing: 'Clôture',
    document: 'Empreinte SHA-256 de la pièce',
  },
  notNotified: 'pas encore',
  notClosed: 'pas encore',
  free: 'Pièce libre (lettre, courriel) : son contenu n’est pas repris ici, et la documentation de l’article 33 reste à établir.',
  law: 'Le sous-traitant notifie la violation au responsable de traitement dans les meilleurs délais (article 33, paragraphe 2) ; le responsable dispose de 72 heures après en avoir pris connaissance pour l’autorité de contrôle (article 33, paragraphe 1).',
  unsaid: 'Les nombres et les conséquences sont ceux que l’hébergeur a déclarés ; rien ici ne les vérifie.',
}

const en: IncidentWords = {
  title: 'Record of personal data breaches and incidents',
  lead: 'Incidents of the case, with what article 33(3) and (5) of the GDPR asks to be documented.',
  none: 'The ledger holds no incident.',
  heading: (number) => `Incident no. ${number}`,
  open: 'Open',
  closed: 'Closed',
  natures: {
    'leaked-key': 'leaked key',
    'lost-medium': 'lost medium',
    'wrong-tenant': 'data of another client, or handed to another',
    other: 'other',
  },
  facts: {
    event: 'Event of the ledger',
    recorded: 'Recorded on, by',
    nature: 'Nature',
    discovered: 'Discovered on',
    text: 'What happened',
    categories: 'Categories of persons and of data',
    persons: 'Persons concerned, about',
    records: 'Records concerned, about',
    consequences: 'Likely consequences',
    measures: 'Measures taken or proposed',
    contact: 'Data protection officer, or other contact',
    notified: 'Client told on',
    closedAt: 'Closed on, by',
    closing: 'Closing',
    document: 'SHA-256 of its document',
  },
  notNotified: 'not yet',
  notClosed: 'not yet',
  free: 'A document in a form of its own (letter, e-mail): what it says is not repeated here, and what article 33 asks for is still to be documented.',
  law: 'The processor notifies the controller without undue delay (article 33(2)); the controller has 72 hours after becoming aware of it for the supervisory authority (article 33(1)).',
  unsaid: 'Numbers and consequences are those that the host declared; nothing here verifies them.',
}

/** Language → words. */
export const incidentWords: Readonly<Record<'fr' | 'en', IncidentWords>> = { fr, en }
