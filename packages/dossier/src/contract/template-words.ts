/** The comments of a new `contract.yaml`, one text per place; each line becomes a comment line. */
export interface TemplateWords {
  readonly top: string
  readonly reference: string
  readonly language: string
  readonly profile: string
  readonly parties: string
  readonly hostKey: string
  readonly certificate: string
  readonly clientKeys: string
  readonly contacts: string
  readonly persons: string
  readonly roles: string
  readonly actors: string
  readonly instances: string
  readonly sources: string
  readonly sourceOptions: string
  readonly copies: string
  readonly destinations: string
  readonly deadlines: string
  readonly approval: string
  readonly timestamp: string
  readonly receipts: string
  readonly rehearsal: string
  readonly costs: string
  readonly logs: string
  /** What stands in the place of a value that only a person can give. */
  readonly fill: {
    readonly reference: string
    readonly host: string
    readonly client: string
    readonly person: string
    readonly actor: string
  }
}

const en: TemplateWords = {
  top: `Reversibility terms of one client. Fill in every line marked FILL IN, then: restitute check --contract
Both parties sign this file (restitute sign contract.yaml); restitute record contract puts it in force.
From then on any change needs both signatures again. Secrets never stand here, only references to them.`,
  reference: 'Number or name of the contract, as both parties know it.',
  language: 'Of the documents: fr or en.',
  profile: 'Edition of the HDS requirements whose numbers the documents quote: hds-2.0 or hds-2022-draft.',
  parties: `Who holds the data and who gets it back. Keys are OpenPGP public keys, as paths in this folder, each with its
fingerprint: what both sign is the fingerprint. restitute check --contract prints the lines to write (fingerprint: "…").`,
  hostKey:
    'Signs contract and scope for the host. restitute keygen makes a pair; only the public key belongs here.',
  certificate: 'HDS certificate of the host: activities 1 to 6, dates.',
  clientKeys: `Packages are encrypted to all of these, and any of them signs for the client. Two at least: with one alone, a lost
key is the loss of everything. Have them confirmed by another channel than the one they came by.`,
  contacts: 'Whom the host writes to at the client.',
  persons: `Natural persons of the host (party: host). At least three: whoever executes a destruction may not be one of the
two who authorise it. Each has a key of their own, and its fingerprint.`,
  roles:
    'operator exports and executes; authoriser signs the order to destroy; verifier looks before and after.',
  actors: `Companies that have access to an instance. level: not-conforming, exempt, hds or hds-secnumcloud, for the table of guarantees:
guarantees: { administrator: Alpha, objectives: [{ instance: PRIM, A: [Alpha], B: [Alpha], … H: [Alpha] }] }`,
  instances: `Every place where the data lies: production, backups, replicas. What is not declared here is not exported and not
destroyed; restitute check lists what lies beside it. country: ISO 3166-1, two letters.`,
  sources:
    'What is exported and later destroyed: files:, sqlite: followed by a path, … Names become folder names.',
  sourceOptions: `Further members of a source, all optional:
  secret: env:NAME            password of the source: env:NAME, file:/path or exec:command
  quiesced: true              nobody writes to it any more
  empty: true                 it is empty, and that is no error
  excluded: "reason"          known and deliberately left out
  workers: 4                  read by so many at once
  rate: 50MB/s                not faster than this
  window: "22:00-06:00"       only between these hours
  hooks: { freeze: […], snapshot: […], thaw: […], discard: […] }  commands around the moment that is exported
  probe: { url: …, secret: … }  how the verifier reaches it, with an account of their own that may only read
  destroy: { url: …, secret: … }  how it is destroyed, with an account that only the destruction uses`,
  copies: `Copies that Restitute does not reach: kind is backup, replica, snapshot or medium. rotation: ISO 8601 duration
after which a copy has gone by itself; held-by: who destroys it and declares so.`,
  destinations: `Where packages may go, with the country. Outside the EEA, and where there is no adequacy decision, a reason must be
given: outside-eea: "…". secret: env:NAME, as for sources, where a place asks for one.`,
  deadlines: `Rules by name (their sources: manifests/profiles/rules.json), and this contract's own durations, ISO 8601. The
longest applies. Nothing is destroyed before all of them are over:
  acknowledgement   after the delivery, whatever the client answers
  notice            between the erasure notice and the destruction
  retrieval         after the delivery, for the client to come back for its data
restitution is the time from the request to the delivery, destruction that from the client's consent to the last copy
destroyed; there the shortest applies. switching is the notice that the client gives before it moves.`,
  approval: `How many authorisers sign an order: at least 2. export: true asks the same number to approve, scope by scope, that data
leave at all (restitute document form --kind export-approval).`,
  timestamp: `A time-stamping authority (RFC 3161) that both parties trust: signatures then rest on its clock, not on the host's,
and stay valid after keys have expired. certificate: its root certificate (PEM), a file of this folder.`,
  logs: 'How long the technical log (who ran which command, when) is kept before it is purged: P6M to P12M.',
  receipts: `How the client may sign receipts, openpgp alone by default. x509: certificates that sign for the client, by SHA-256
fingerprint; an authority with the subject of whom it certifies. handwritten: signed by hand, printed as declared, never verified;
handwritten-consent: true lets such a receipt consent to the destruction too.`,
  rehearsal: `When the end is rehearsed (cron, French time), on how much of each source, over which link; targets: empty places where
samples of databases are rebuilt, and removed again.`,
  costs: `What a restitution costs (whole euro cents, before tax) and what the contract is measured by, with penalties: every
rehearsal reports both. laws: what forbids charging, where it applies.`,
  fill: {
    reference: 'FILL IN: 2026-001',
    host: 'FILL IN: the host',
    client: 'FILL IN: the client',
    person: 'FILL IN: name',
    actor: 'FILL IN: company',
  },
}

const fr: TemplateWords = {
  top: `Modalités de réversibilité d'un client. Remplir chaque ligne marquée À REMPLIR, puis : restitute check --contract
Les deux parties signent ce fichier (restitute sign contract.yaml) ; restitute record contract le met en vigueur.
Toute modification exige ensuite à nouveau les deux signatures. Aucun secret ici : seulement des références.`,
  reference: 'Numéro ou nom du contrat, tel que les deux parties le connaissent.',
  language: 'Langue des documents : fr ou en.',
  profile: 'Édition du référentiel HDS dont les documents citent les exigences : hds-2.0 ou hds-2022-draft.',
  parties: `Qui détient les données et à qui elles reviennent. Les clés sont des clés publiques OpenPGP de ce dossier, chacune avec
son empreinte : c'est l'empreinte que les deux signent. restitute check --contract donne les lignes à écrire (fingerprint: "…").`,
  hostKey: `Signe le contrat et le périmètre pour l'hébergeur. restitute keygen crée une paire ; seule la clé publique va ici.`,
  certificate: `Certificat HDS de l'hébergeur : activités 1 à 6, dates.`,
  clientKeys: `Les lots sont chiffrés pour toutes ces clés, et chacune signe pour le client. Au moins deux : avec une seule, la perte
de la clé est la perte de tout. Les faire confirmer par une autre voie que celle de leur envoi.`,
  contacts: `À qui l'hébergeur écrit chez le client.`,
  persons: `Personnes physiques de l'hébergeur (party: host). Au moins trois : qui exécute une destruction ne peut être l'une des
deux personnes qui l'autorisent. Chacune a sa propre clé, et son empreinte.`,
  roles: `operator exporte et exécute ; authoriser signe l'ordre de destruction ; verifier constate avant et après.`,
  actors: `Sociétés qui ont accès à une instance. level : not-conforming, exempt, hds ou hds-secnumcloud, pour le tableau des garanties :
guarantees: { administrator: Alpha, objectives: [{ instance: PRIM, A: [Alpha], B: [Alpha], … H: [Alpha] }] }`,
  instances: `Tous les lieux où se trouvent les données : production, sauvegardes, répliques. Ce qui n'est pas déclaré n'est ni exporté
ni détruit ; restitute check montre ce qui se trouve à côté. country : ISO 3166-1, deux lettres.`,
  sources: `Ce qui est exporté puis détruit : files:, sqlite: suivis d'un chemin, … Les noms deviennent des noms de dossiers.`,
  sourceOptions: `Autres membres d'une source, tous facultatifs :
  secret: env:NOM             mot de passe de la source : env:NOM, file:/chemin ou exec:commande
  quiesced: true              plus personne n'y écrit
  empty: true                 elle est vide, et ce n'est pas une erreur
  excluded: "raison"          connue et laissée de côté à dessein
  workers: 4                  lue par tant de processus à la fois
  rate: 50MB/s                pas plus vite
  window: "22:00-06:00"       seulement entre ces heures
  hooks: { freeze: […], snapshot: […], thaw: […], discard: […] }  commandes autour de l'instant exporté
  probe: { url: …, secret: … }  comment le vérificateur y accède, par un compte à lui, en lecture seule
  destroy: { url: …, secret: … }  comment elle est détruite, par un compte qui ne sert qu'à cela`,
  copies: `Copies que Restitute n'atteint pas : kind vaut backup, replica, snapshot ou medium. rotation : durée ISO 8601 au bout
de laquelle la copie a disparu d'elle-même ; held-by : qui la détruit et le déclare.`,
  destinations: `Où les lots peuvent aller, avec le pays. Hors de l'EEE et sans décision d'adéquation, il faut un motif :
outside-eea: "…". secret: env:NOM, comme pour les sources, là où un lieu en demande un.`,
  deadlines: `Règles par leur nom (leurs sources : manifests/profiles/rules.json) et durées propres à ce contrat, ISO 8601. La plus
longue s'applique. Rien n'est détruit avant que toutes soient écoulées :
  acknowledgement   après la remise, quelle que soit la réponse du client
  notice            entre le préavis d'effacement et la destruction
  retrieval         après la remise, pour que le client puisse encore récupérer ses données
restitution est le délai entre la demande et la remise, destruction celui entre le consentement du client et la fin de
la dernière copie ; là, la plus courte s'applique. switching est le préavis que donne le client avant de changer.`,
  approval: `Combien de personnes signent un ordre : au moins 2. export: true demande qu'autant approuvent, périmètre par périmètre,
que des données sortent (restitute document form --kind export-approval).`,
  timestamp: `Une autorité d'horodatage (RFC 3161) à laquelle les deux parties se fient : les signatures reposent alors sur son
horloge, non sur celle de l'hébergeur, et restent valides après l'expiration des clés. certificate : son certificat
racine (PEM), un fichier de ce dossier.`,
  logs: `Combien de temps le journal technique (qui a lancé quelle commande, quand) est gardé avant sa purge : P6M à P12M.`,
  receipts: `Comment le client peut signer les accusés ; par défaut openpgp seul. x509 : certificats qui signent pour le client, par
empreinte SHA-256 ; une autorité, avec le sujet de qui elle certifie. handwritten : signé à la main, imprimé comme déclaré, jamais
vérifié ; handwritten-consent: true permet à un tel accusé de consentir aussi à la destruction.`,
  rehearsal: `Quand la fin est répétée (cron, heure française), sur quelle part de chaque source, par quelle liaison ; targets : des
emplacements vides où les échantillons de bases de données sont reconstruits, puis supprimés.`,
  costs: `Ce que coûte une restitution (centimes d'euro entiers, hors taxes) et les indicateurs du contrat, avec leurs pénalités :
chaque répétition rend compte des deux. laws : ce qui interdit de facturer, là où cela s'applique.`,
  fill: {
    reference: 'À REMPLIR : 2026-001',
    host: `À REMPLIR : l'hébergeur`,
    client: 'À REMPLIR : le client',
    person: 'À REMPLIR : nom',
    actor: 'À REMPLIR : société',
  },
}

/** Language → comments. */
export const templateWords: Readonly<Record<'fr' | 'en', TemplateWords>> = { fr, en }

/** Whether a value is one that a new contract leaves to fill in. */
export function isToFillIn(text: string): boolean {
  return /^(?:FILL IN|À REMPLIR)\b/.test(text)
}
