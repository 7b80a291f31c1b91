import type { ConformityLevel, SecurityObjective } from '@restitute/manifest'

/** What the page of guarantees says, in the words of the référentiel. */
export interface GuaranteesWords {
  readonly title: string
  readonly lead: string
  readonly administrator: string
  readonly actors: string
  readonly code: string
  readonly identity: string
  readonly role: string
  readonly level: string
  readonly instances: string
  readonly description: string
  readonly conformity: string
  readonly legend: string
  readonly levels: Readonly<Record<ConformityLevel, string>>
  readonly unstated: string
  readonly objective: string
  readonly objectives: Readonly<Record<SecurityObjective, string>>
  readonly nobody: string
  readonly comment: string
  readonly residual: string
  readonly uncovered: (objective: string, instance: string) => string
  readonly failing: (actor: string) => string
  readonly levelMissing: (actor: string) => string
  readonly noResidual: string
  readonly declared: string
}

const fr: GuaranteesWords = {
  title: 'Représentation des garanties',
  lead: 'Acteurs, instances des données de santé et objectifs de sécurité (référentiel HDS, chapitre 7 du projet de 2022, chapitre 8 de la v2.0).',
  administrator: 'Administrateur de la sécurité',
  actors: 'Acteurs du service',
  code: 'Code',
  identity: 'Identité',
  role: 'Rôle',
  level: 'Conformité',
  instances: 'Instances des données de santé',
  description: 'Description',
  conformity: 'Conformité dans la prise en compte des objectifs de sécurité',
  legend: 'Légende',
  levels: {
    'not-conforming': 'Non conforme',
    exempt: 'Exempté',
    hds: 'Certifié HDS',
    'hds-secnumcloud': 'Certifié HDS et qualifié SecNumCloud',
  },
  unstated: 'niveau non indiqué',
  objective: 'Objectif',
  objectives: {
    A: 'A – Sécurité physique et environnementale',
    B: 'B – Maîtrise des supports matériels',
    C: 'C – Protection des flux d’information',
    D: 'D – Maîtrise des accès',
    E: 'E – Maîtrise des interventions',
    F: 'F – Robustesse aux usages imprévus',
    G: 'G – Continuité ou reprise d’activité',
    H: 'H – Protection contre des lois extra-européennes',
  },
  nobody: 'personne',
  comment: 'Commentaire',
  residual: 'Risques résiduels que le tableau fait apparaître',
  uncovered: (objective, instance) =>
    `${objective} : personne ne le prend en charge pour l’instance ${instance}.`,
  failing: (actor) => `${actor} contribue et n’est pas conforme.`,
  levelMissing: (actor) => `Le niveau de ${actor} n’est pas indiqué.`,
  noResidual: 'Le tableau n’en fait apparaître aucun.',
  declared:
    'Les niveaux sont ceux que le contrat déclare, sous la responsabilité de l’administrateur de la sécurité ; rien ici ne les vérifie.',
}

const en: GuaranteesWords = {
  title: 'Representation of the guarantees',
  lead: 'Actors, instances of the health data and security objectives (HDS référentiel, chapter 7 of the 2022 draft, chapter 8 of v2.0).',
  administrator: 'Administrator of the security',
  actors: 'Actors of the service',
  code: 'Code',
  identity: 'Identity',
  role: 'Role',
  level: 'Conformity',
  instances: 'Instances of the health data',
  description: 'Description',
  conformity: 'How the security objectives are met',
  legend: 'Legend',
  levels: {
    'not-conforming': 'Not conforming',
    exempt: 'Exempt',
    hds: 'HDS-certified',
    'hds-secnumcloud': 'HDS-certified and SecNumCloud-qualified',
  },
  unstated: 'level not stated',
  objective: 'Objective',
  objectives: {
    A: 'A – Physical and environmental security',
    B: 'B – Control of media',
    C: 'C – Protection of flows of information',
    D: 'D – Control of access',
    E: 'E – Control of interventions',
    F: 'F – Robustness against unforeseen use',
    G: 'G – Continuity or resumption of service',
    H: 'H – Protection against laws from outside Europe',
  },
  nobody: 'nobody',
  comment: 'Comment',
  residual: 'Residual risks that the table shows',
  uncovered: (objective, instance) => `${objective}: nobody takes it upon them for the instance ${instance}.`,
  failing: (actor) => `${actor} contributes and is not conforming.`,
  levelMissing: (actor) => `The level of ${actor} is not stated.`,
  noResidual: 'The table shows none.',
  declared:
    'Levels are those that the contract declares, under the responsibility of the administrator of the security; nothing here verifies them.',
}

/** Language → words. */
export const guaranteesWords: Readonly<Record<'fr' | 'en', GuaranteesWords>> = { fr, en }
