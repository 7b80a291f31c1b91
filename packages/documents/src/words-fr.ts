/** Everything the pages say, in French. The English dictionary has the type of this one. */
export const fr = {
  language: 'fr',
  demonstration: 'DÉMONSTRATION',
  demonstrationNote:
    'Document produit par une démonstration, sur des données fictives. Il n’a aucune valeur probante.',
  yes: 'oui',
  no: 'non',
  utc: 'UTC',
  /** Between a thing and what is said of it. */
  colon: '\u00a0: ',
  unnamed: 'nom non communiqué',
  unstated: 'non indiqué',
  references: 'Références',
  contract: 'Contrat',
  contractDigest: 'Empreinte SHA-256 du contrat',
  operation: 'Opération',
  documentId: 'Identifiant du document',
  createdAt: 'Établi le',
  framework: 'Référentiel HDS',
  parties: 'Parties',
  party: 'Partie',
  host: 'Hébergeur',
  client: 'Client',
  name: 'Dénomination',
  siren: 'SIREN',
  keys: 'Empreintes des clés OpenPGP',
  packages: 'Lots de restitution',
  package: 'Lot',
  manifestDigest: 'Empreinte SHA-256 du manifeste',
  source: 'Source',
  items: 'Éléments',
  bytes: 'Volume (octets)',
  reason: 'Motif',
  signatures: 'Signatures',
  signatureFile: 'Fichier de signature',
  signer: 'Signataire',
  signerKey: 'Empreinte de la clé',
  signedAt: 'Date déclarée par le signataire',
  unsigned: 'Aucune signature ne figure au dossier à la date d’édition : ce document n’engage personne.',
  checking: 'Contrôler ce document',
  rendering:
    'Cette page est une mise en forme. Seul fait foi le fichier JSON signé ; les signatures portent sur ses octets.',
  file: 'Fichier',
  fileDigest: 'Empreinte SHA-256 du fichier JSON',
  checkDigest: 'La commande suivante doit afficher l’empreinte ci-dessus :',
  checkSignature:
    'Les commandes suivantes doivent annoncer une signature correcte de la clé dont l’empreinte figure au tableau des signatures. Les clés publiques se comparent à celles du contrat, jamais à une clé jointe au seul document :',
  receipt: {
    title: 'Accusé de réception de restitution',
    lead: 'Réponse du client à la remise de ses données, au titre de l’exigence',
    decision: 'Décision du client',
    decisions: {
      accepted: 'La restitution est acceptée sans réserve.',
      reservations: 'La restitution est acceptée avec réserves.',
      refused: 'La restitution est refusée.',
    },
    reservations: 'Réserves et motifs',
    noReservations: 'Aucune réserve n’est formulée.',
    consent: 'Consentement à la destruction',
    consentNote: 'Ce consentement est distinct de la décision sur la restitution.',
    consents:
      'Le client consent à la destruction de toutes les copies de ses données détenues par l’hébergeur ou pour son compte.',
    consentsNot:
      'Le client ne consent pas à la destruction : rien ne peut être détruit sur le fondement du présent accusé.',
    losses: 'Éléments non restitués dont le client accepte la destruction',
    lossesNote:
      'Chaque élément est désigné par un engagement cryptographique, sans son nom ; le client le rapproche de l’index chiffré du lot.',
    noLosses: 'Le client n’accepte la destruction d’aucun élément non restitué.',
    state: 'État',
    states: { lost: 'perdu', excluded: 'exclu' },
    commitment: 'Engagement (SHA-256)',
    salts: 'Sels cités',
    saltsNote:
      'Un sel n’est lisible qu’après déchiffrement de l’index : le citer prouve que le client a pu déchiffrer le lot. Les valeurs figurent dans le fichier JSON.',
    checks: 'Contrôles du client par source',
    integrity: 'Intégrité',
    decryption: 'Déchiffrement',
    completeness: 'Complétude',
    exploitability: 'Exploitabilité',
    verdicts: { passed: 'conforme', failed: 'non conforme', 'not-checked': 'non contrôlé' },
    statements: 'Déclarations du client',
    statement: 'Déclaration',
    answer: 'Réponse',
    documentation: 'La documentation nécessaire à l’exploitation des données a été reçue',
    backup: 'Le client a réalisé sa propre sauvegarde des données restituées',
    signatory: 'Signataire pour le client',
    function: 'Fonction',
    byHand: {
      heading: 'Signature manuscrite',
      declared: 'Déclaré, signé à la main, non vérifié par cryptographie.',
      meaning:
        'En signant cette page, le client approuve le fichier JSON dont l’empreinte SHA-256 figure plus bas, et rien d’autre. L’hébergeur en conserve la numérisation ; une personne de l’hébergeur, nommée au registre par l’empreinte de sa clé, répond de l’avoir reçue. Personne ne pourra vérifier cette signature par le calcul.',
      name: 'Nom et fonction',
      date: 'Date et lieu',
      signature: 'Signature',
      unsigned: 'Aucune signature électronique : la signature manuscrite est plus haut.',
    },
    byX509: {
      heading: 'Signature par certificat X.509',
      meaning:
        'Cette page n’engage personne tant que le fichier JSON n’est pas signé (CMS, signature détachée) par un certificat que le contrat désigne :',
    },
  },
  certificate: {
    title: 'Certificat de destruction',
    statuses: { partial: 'partiel', final: 'final' },
    lead: 'Compte rendu de ce qui a été détruit, de la manière employée et de ce qui a été constaté ensuite, au titre de l’exigence',
    final: (kept: number): string =>
      kept === 0
        ? 'Aucune des copies énumérées ne reste différée, conservée, non détruite ou sans vérification possible.'
        : `Hormis ${kept > 1 ? `${kept} copies remises au client, qui les garde` : 'une copie remise au client, qui la garde'}, aucune des copies énumérées ne reste différée, conservée, non détruite ou sans vérification possible.`,
    onDeclaration: (count: number): string =>
      count > 1
        ? `La disparition de ${count} copies repose sur une seule déclaration pour chacune : leur absence n’a pas été constatée.`
        : `La disparition de ${count} copie repose sur une seule déclaration : son absence n’a pas été constatée.`,
    partial: (open: number, all: number): string =>
      open > 1
        ? `${open} copies sur ${all} restent ouvertes : elles sont différées, conservées, non détruites ou non vérifiées.`
        : `${open} copie sur ${all} reste ouverte : elle est différée, conservée, non détruite ou non vérifiée.`,
    leftAlone:
      'L’ordre laisse de côté des copies du périmètre signé, énumérées sous « Ce que ce certificat n’établit pas ».',
    basis: 'Fondement',
    receiptDigest: 'Empreinte SHA-256 de l’accusé de réception',
    receiptForm: 'Forme de l’accusé de réception',
    receiptForms: {
      x509: 'signé par certificat X.509',
      handwritten: 'déclaré, signé à la main, non vérifié par cryptographie',
    },
    orderDigest: 'Empreinte SHA-256 de l’ordre de destruction',
    overview: 'Copies et issue de chacune',
    copy: 'Copie',
    kind: 'Nature',
    kinds: {
      source: 'source',
      package: 'lot de restitution',
      work: 'dossier de travail',
      backup: 'sauvegarde',
      replica: 'réplica',
      snapshot: 'instantané',
      medium: 'support',
    },
    instance: 'Instance',
    country: 'Pays',
    countryUndeclared: 'non déclaré',
    outcome: 'Issue',
    outcomes: {
      'destroyed-observed-absent': 'détruite, puis constatée absente',
      'observed-absent': 'constatée absente',
      'destroyed-not-checked': 'détruite, absence non vérifiée',
      declared: 'déclarée détruite',
      'client-custody': 'remise au client, qui la garde',
      deferred: 'différée',
      'shared-kept': 'partagée et conservée',
      'legally-retained': 'conservée par obligation légale',
      'could-not-check': 'vérification impossible',
      'not-destroyed': 'non détruite',
    },
    groups: {
      'destroyed-observed-absent': 'Copies détruites, puis constatées absentes',
      'observed-absent': 'Copies constatées absentes',
      'destroyed-not-checked': 'Copies détruites, absence non vérifiée',
      declared: 'Copies déclarées détruites',
      'client-custody': 'Copies remises au client, qui les garde',
      deferred: 'Copies différées',
      'shared-kept': 'Copies partagées et conservées',
      'legally-retained': 'Copies conservées par obligation légale',
      'could-not-check': 'Copies dont l’absence n’a pu être vérifiée',
      'not-destroyed': 'Copies non détruites',
    },
    explanations: {
      'destroyed-observed-absent':
        'La destruction a été exécutée sous l’ordre, puis une autre personne, qui avait vu la copie auparavant, ne l’a plus trouvée.',
      'observed-absent':
        'La copie n’a pas été détruite sous cet ordre ; le vérificateur, qui l’avait vue auparavant, ne la trouve plus.',
      'destroyed-not-checked':
        'La destruction a été exécutée sous l’ordre ; l’absence de la copie n’a pas été constatée ensuite.',
      declared:
        'La destruction repose sur une seule parole, consignée par une déclaration signée : celle du détenteur, ou celle de la personne de l’hébergeur qui répond pour lui. Elle n’a pas été constatée.',
      'client-custody':
        'La copie a été remise au client, qui a déclaré, en signant, qu’il la garde. Elle n’est pas détruite : elle est désormais la sienne.',
      deferred: 'La copie existe encore ; elle doit disparaître à la date indiquée.',
      'shared-kept': 'La copie porte aussi des contenus d’autres clients ou services ; elle est conservée.',
      'legally-retained': 'Une obligation légale s’oppose à la destruction de la copie.',
      'could-not-check':
        'Le vérificateur n’a pu établir ni la présence ni l’absence de la copie. Ce n’est pas un constat d’absence.',
      'not-destroyed': 'La copie n’a pas été détruite, ou elle a été vue encore présente.',
    },
    fingerprint: 'Empreinte du système',
    method: 'Méthode',
    categories: {
      none: 'suppression, sans prétention d’effacement sécurisé',
      clear: 'effacement logique (« Clear », NIST SP 800-88)',
      purge: 'purge (« Purge », NIST SP 800-88)',
      'cryptographic-erase': 'effacement cryptographique (« Cryptographic Erase », NIST SP 800-88)',
    },
    technique: 'Technique',
    methodLimits: 'Limites de la méthode',
    locks: 'Verrous',
    locksLifted: 'levés par l’ordre, là où un compte habilité peut les lever (mode GOVERNANCE)',
    kept: 'Ce qui reste et demeure',
    keptReasons: {
      'legally-retained': (count: string): string =>
        `${count} sous un verrou ou un gel qui interdit la suppression`,
      shared: (count: string): string => `${count} en partage avec d’autres`,
    },
    keptUntil: 'au plus tard jusqu’au',
    before: 'Contenu avant destruction',
    itemsAndBytes: (items: string, bytes: string): string =>
      `${items} ${few(items) ? 'élément' : 'éléments'}, ${bytes} ${few(bytes) ? 'octet' : 'octets'}`,
    started: 'Début de la destruction',
    stamped: 'Pas avant, selon l’autorité d’horodatage',
    finished: 'Fin de la destruction',
    steps: 'Opérations exécutées',
    observation: 'Constat ultérieur',
    observedAt: 'Date du constat',
    observedBy: 'Constaté par',
    account: 'Compte système employé',
    looked: 'Ce qui a été examiné',
    probeLimits: 'Limites du constat',
    probeStates: {
      present: 'copie présente',
      absent: 'copie absente',
      'could-not-check': 'vérification impossible',
    },
    noProbe: 'aucun constat',
    declaredBy: 'Déclaration signée par',
    declaredWords: {
      holder: 'le détenteur, clé',
      host: 'une personne de l’hébergeur, qui répond pour le détenteur, clé',
    },
    declaredHolder: 'Détenteur, selon la déclaration',
    declaredMethod: 'Méthode déclarée',
    declaredEnd: 'Fin de la copie, selon la déclaration',
    declaredAt: 'Déclaration inscrite le',
    heldBy: 'Détenteur',
    deferredUntil: 'Disparition attendue le',
    limits: 'Ce que ce certificat n’établit pas',
    persons: 'Intervenants',
    role: 'Rôle',
    person: 'Personne',
    authoriser: 'Autorise la destruction',
    executor: 'Exécute la destruction',
    verifier: 'Vérifie et certifie',
    ledger: 'Registre',
    ledgerNote:
      'Le registre est chaîné : ce point de contrôle fixe tous les événements qui précèdent le certificat.',
    sequence: 'Numéro du dernier événement',
    lineDigest: 'Empreinte SHA-256 de sa ligne',
  },
}

/** The shape of a dictionary: a missing translation is a type error. */
export type Words = typeof fr

/** French counts nought as singular. */
function few(count: string): boolean {
  return count === '0' || count === '1'
}
