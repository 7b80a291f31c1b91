/**
 * French for the stable English sentences that certificates cite: the limits of a method, of an observation, and of the
 * certificate itself. A sentence that is not here is printed in English, and marked as such.
 */
const fixed: ReadonlyMap<string, string> = new Map([
  // The certificate's own.
  [
    'Where the category is "none", data was deleted and no sanitization of the medium is claimed.',
    'Là où la méthode est la suppression, les données ont été supprimées sans prétention d’effacement sécurisé du support.',
  ],
  [
    'Absence means that the account named in the probe did not find the copy at the time of the probe; nothing is said of what that account cannot see.',
    'L’absence signifie que le compte nommé dans le constat n’a pas trouvé la copie au moment du constat ; rien n’est dit de ce que ce compte ne peut voir.',
  ],
  [
    'Copies that neither the contract nor the order names are not covered.',
    'Les copies que ni le contrat ni l’ordre ne nomment ne sont pas couvertes.',
  ],
  [
    'Items and bytes are those of the delivery as the client acknowledged it; they were not counted again.',
    'Les éléments et octets sont ceux de la livraison telle que le client en a accusé réception ; ils n’ont pas été recomptés.',
  ],
  [
    "The client's receipt is signed by hand: it is declared by the person of the host who recorded it, and not cryptographically verified.",
    'L’accusé de réception du client est signé à la main : il est déclaré par la personne de l’hébergeur qui l’a inscrit, et non vérifié par cryptographie.',
  ],
  // Object storage.
  [
    'the service was told to delete; how and when it frees or overwrites the storage is not known here',
    'le service a reçu l’ordre de supprimer ; quand et comment il libère ou réécrit le stockage n’est pas connu ici',
  ],
  [
    "the service's own backups, replicas and caches are not reached",
    'les sauvegardes, réplicas et caches du service lui-même ne sont pas atteints',
  ],
  [
    'a replication rule copies objects to another bucket, which this does not reach: it must be declared as a copy',
    'une règle de réplication copie les objets dans un autre compartiment, qui n’est pas atteint : il doit être déclaré comme copie',
  ],
  [
    'whether a replication rule copies objects to another bucket could not be read',
    'il n’a pu être lu si une règle de réplication copie les objets dans un autre compartiment',
  ],
  [
    'access logs of the bucket lie in another bucket and may hold the names of objects',
    'les journaux d’accès du compartiment sont dans un autre compartiment et peuvent contenir des noms d’objets',
  ],
  [
    'it asked the service alone: not for backups, replicas or storage that is not yet freed',
    'seul le service a été interrogé : ni sauvegardes, ni réplicas, ni stockage non encore libéré',
  ],
  [
    'what the rights of this account hide cannot be seen',
    'ce que les droits de ce compte cachent ne peut être vu',
  ],
  // File trees.
  [
    'the names are removed and the blocks released; the blocks may keep the content until they are written again',
    'les noms sont retirés et les blocs libérés ; ceux-ci peuvent garder le contenu jusqu’à leur réécriture',
  ],
  [
    'snapshots, replicas and backups of the file system are not reached',
    'les instantanés, réplicas et sauvegardes du système de fichiers ne sont pas atteints',
  ],
  [
    'the file system is an overlay: what lies in one of its lower layers is hidden only, and stays there',
    'le système de fichiers est superposé (overlay) : ce qui se trouve dans une couche inférieure est seulement masqué et y reste',
  ],
  [
    'a file that also has a name outside the tree (hard link) keeps its content there',
    'un fichier qui a aussi un nom hors de l’arborescence (lien physique) y garde son contenu',
  ],
  [
    'a file that a running program holds open keeps its content until it is closed',
    'un fichier qu’un programme tient ouvert garde son contenu jusqu’à sa fermeture',
  ],
  [
    'it looked at the path alone: not at copies, snapshots, backups or unallocated blocks of the medium',
    'seul le chemin a été examiné : ni copies, ni instantanés, ni sauvegardes, ni blocs libres du support',
  ],
  [
    'where a file system is not mounted, its place looks empty',
    'là où un système de fichiers n’est pas monté, sa place paraît vide',
  ],
  [
    'a file that a running program still holds open may exist without a name',
    'un fichier qu’un programme tient encore ouvert peut exister sans nom',
  ],
  // Disks of machines.
  [
    'images that are based on these were looked for in the same folders, those in them and those beside them alone',
    'des images qui dépendent de celles-ci n’ont été cherchées que dans les mêmes dossiers, dans ceux qu’ils contiennent et dans leurs voisins',
  ],
  [
    'files that other machines use are kept, with what this machine read from them',
    'les fichiers dont d’autres machines se servent sont conservés, avec ce que cette machine en a lu',
  ],
  [
    'backing files that other machines use are kept, with what this machine read from them',
    'les fichiers de base que d’autres machines utilisent sont conservés, avec ce que cette machine y lisait',
  ],
  [
    'the storage below may have kept older copies of the blocks elsewhere: flash, thin, virtual or copy-on-write storage does not write in place',
    'le stockage sous-jacent peut avoir gardé ailleurs d’anciennes copies des blocs : un stockage flash, à allocation dynamique, virtuel ou à copie sur écriture n’écrit pas sur place',
  ],
  [
    'sectors that the disk has taken out of use, and earlier places of the file, are not reached',
    'les secteurs que le disque a mis hors service et les anciens emplacements du fichier ne sont pas atteints',
  ],
  [
    'whether the storage below erases discarded blocks, and when, is not known',
    'on ne sait si ni quand le stockage sous-jacent efface les blocs libérés',
  ],
  // SQLite databases.
  [
    'Deletion of the names only: the blocks on the storage device are not overwritten.',
    'Suppression des noms seulement : les blocs du support ne sont pas réécrits.',
  ],
  [
    'A file that also has a name outside the folder (hard link) keeps its content there.',
    'Un fichier qui a aussi un nom hors du dossier (lien physique) y garde son contenu.',
  ],
  [
    'A process that still has the file open keeps its content until it closes it.',
    'Un processus qui tient encore le fichier ouvert en garde le contenu jusqu’à sa fermeture.',
  ],
  [
    'Snapshots, copy-on-write clones and backups of the file system are not reached.',
    'Les instantanés, clones et sauvegardes du système de fichiers ne sont pas atteints.',
  ],
  [
    'Only the names of the database and its journals were looked for, not copies under other names.',
    'Seuls les noms de la base et de ses journaux ont été recherchés, non des copies sous d’autres noms.',
  ],
  [
    'What the storage device, snapshots or backups still hold cannot be seen.',
    'Ce que le support, des instantanés ou des sauvegardes contiennent encore ne peut être vu.',
  ],
  [
    "The end of the periods was read from the host's clock.",
    'La fin des périodes a été lue à l’horloge de l’hébergeur.',
  ],
  // MariaDB and MySQL databases.
  [
    'The server deletes the files of the tables: the blocks on its storage devices are not overwritten.',
    'Le serveur supprime les fichiers des tables : les blocs de ses supports ne sont pas réécrits.',
  ],
  [
    'Rows may remain in the binary and relay logs, in the undo and redo logs and in the system tablespace until these are reused or purged.',
    'Des lignes peuvent subsister dans les journaux binaires et de relais, dans ceux d’annulation et de reprise et dans l’espace de tables système, jusqu’à leur réutilisation ou leur purge.',
  ],
  [
    'Rows may remain in the binary and relay logs, in the undo and redo logs, and in the system tablespace and, on MySQL, general ones, whose files the server keeps, until these are reused, purged or dropped.',
    'Des lignes peuvent subsister dans les journaux binaires et de relais, dans ceux d’annulation et de reprise, et dans l’espace de tables système et, avec MySQL, ceux d’usage général, dont le serveur garde les fichiers, jusqu’à leur réutilisation, leur purge ou leur suppression.',
  ],
  [
    'Replicas drop the database only when they apply the binary log; backups, snapshots and delayed replicas are not reached.',
    'Les réplicas ne suppriment la base qu’en appliquant le journal binaire ; les sauvegardes, instantanés et réplicas différés ne sont pas atteints.',
  ],
  [
    'Accounts are left as they are; they may hold grants on the name of the database.',
    'Les comptes restent tels quels ; ils peuvent détenir des droits sur le nom de la base.',
  ],
  [
    'Tables that somebody moved into another database meanwhile are known again by number (InnoDB, with PROCESS), or by engine and the second in which they were made (with a right on all tables): not where they were built anew there.',
    'Les tables que quelqu’un a entre-temps déplacées dans une autre base se reconnaissent à leur numéro (InnoDB, avec PROCESS), ou à leur moteur et à la seconde de leur création (avec un droit sur toutes les tables) : pas si elles y ont été reconstruites.',
  ],
  [
    'Other accounts are left as they are; they may hold grants on the name of the database.',
    'Les autres comptes restent tels quels ; ils peuvent détenir des droits sur le nom de la base.',
  ],
  [
    'MariaDB drops the events of databases whose names differ from this one in case or accents alone with it: where the account could see such events, nothing was dropped.',
    'MariaDB supprime avec elle les événements (EVENT) des bases dont le nom ne diffère du sien que par la casse ou les accents : là où le compte pouvait voir de tels événements, rien n’a été supprimé.',
  ],
  [
    'Sessions of others are not ended: one that holds a table makes the destruction fail, and it is run again.',
    'Les sessions d’autrui ne sont pas interrompues : celle qui tient une table fait échouer la destruction, qui est relancée.',
  ],
  [
    'Without PROCESS it sees neither sessions of others nor replicas; a replica that is not connected cannot be seen at all.',
    'Sans le droit PROCESS, il ne voit ni les sessions d’autrui ni les réplicas ; un réplica non connecté ne peut être vu.',
  ],
  [
    'Tables that somebody moved into another database it knows again only with PROCESS (InnoDB) or a right on all tables (other engines), and not where they were built anew there.',
    'Il ne reconnaît les tables que quelqu’un a déplacées dans une autre base qu’avec PROCESS (InnoDB) ou un droit sur toutes les tables (autres moteurs), et pas si elles y ont été reconstruites.',
  ],
  [
    'Other names, other servers, what replicas hold, backups and logs were not looked at.',
    'Ni d’autres noms, ni d’autres serveurs, ni le contenu des réplicas, ni sauvegardes ou journaux n’ont été examinés.',
  ],
  [
    'An account sees only databases on which it has a right: one without rights would see nothing, whatever is there.',
    'Un compte ne voit que les bases sur lesquelles il a un droit : sans droit, il ne verrait rien, quoi qu’il y ait.',
  ],
  [
    'Other names, other servers, replicas, backups and logs were not looked at.',
    'Ni d’autres noms, ni d’autres serveurs, réplicas, sauvegardes ou journaux n’ont été examinés.',
  ],
  [
    'The logs of the server (error, slow, general, audit) may hold statements with values of the database: they are not reached.',
    'Les journaux du serveur (erreurs, requêtes lentes, général, audit) peuvent contenir des instructions avec des valeurs de la base : ils ne sont pas atteints.',
  ],
  [
    'The logs of the server (error, slow, general, audit), which may hold statements with values, were not looked at.',
    'Les journaux du serveur (erreurs, requêtes lentes, général, audit), qui peuvent contenir des instructions avec des valeurs, n’ont pas été examinés.',
  ],
  // Container images.
  [
    'The registry drops its references: its storage keeps the bytes until its owner runs the garbage collection.',
    'Le registre oublie ses références : son stockage garde les octets jusqu’à ce que son responsable lance le ramasse-miettes.',
  ],
  [
    'Manifests that had neither a name nor anything that names or refers to them cannot be listed and are not reached.',
    'Les manifestes sans nom, que rien ne nomme et à quoi rien ne se rapporte, ne peuvent être énumérés et ne sont pas atteints.',
  ],
  [
    'Blobs that other repositories of the registry use stay there.',
    'Les blobs que d’autres dépôts du registre utilisent y restent.',
  ],
  [
    'Caches, mirrors, replicas and backups of the registry are not reached.',
    'Les caches, miroirs, réplicas et sauvegardes du registre ne sont pas atteints.',
  ],
  [
    'It asked the registry for its tags: manifests and blobs without a name cannot be listed.',
    'Les étiquettes ont été demandées au registre : les manifestes et blobs sans nom ne peuvent être énumérés.',
  ],
  [
    'What the storage of the registry keeps until its garbage collection, and caches, mirrors and backups, cannot be seen.',
    'Ce que le stockage du registre garde jusqu’au ramasse-miettes, les caches, miroirs et sauvegardes ne peuvent être vus.',
  ],
  // Programs of the operator.
  [
    'The destruction is done by a program of the operator: what it does rests on that program.',
    'La destruction est faite par un programme de l’exploitant : ce qui est fait repose sur ce programme.',
  ],
  [
    'The account that destroys may not read the system: whether something was written to it while it was compared is for the program to see.',
    'Le compte qui détruit ne peut pas lire le système : si quelque chose y a été écrit pendant qu’il était comparé, c’est au programme de le voir.',
  ],
  [
    'A program of the operator looked: what was seen rests on that program.',
    'Un programme de l’exploitant a regardé : ce qui a été vu repose sur ce programme.',
  ],
  // PostgreSQL databases.
  [
    'The server removes the files of the database: their blocks on the storage device are not overwritten.',
    'Le serveur retire les fichiers de la base : leurs blocs sur le support ne sont pas réécrits.',
  ],
  [
    'The write-ahead log and its archive still hold what was written, until they are recycled or deleted.',
    'Les journaux de transactions et leur archive contiennent encore ce qui a été écrit, jusqu’à leur recyclage ou leur suppression.',
  ],
  [
    'Base backups, dumps, snapshots, clones and standbys that do not follow this server are copies of their own, not reached.',
    'Les sauvegardes de base, exports, instantanés, clones et serveurs secondaires qui ne suivent pas ce serveur sont des copies à part, non atteintes.',
  ],
  [
    'A logical subscriber elsewhere keeps what it has received.',
    'Un abonné logique, ailleurs, garde ce qu’il a reçu.',
  ],
  [
    'The replication slot that a subscription of the database has on another server stays there, and keeps its write-ahead log.',
    'L’emplacement de réplication qu’un abonnement de la base a sur un autre serveur y reste, et en retient le journal de transactions.',
  ],
  [
    'Only the catalogue of this server was asked: not base backups, dumps, archived write-ahead log, snapshots or clones.',
    'Seul le catalogue de ce serveur a été interrogé : ni sauvegardes de base, ni exports, ni journaux archivés, ni instantanés, ni clones.',
  ],
  [
    'A standby or a logical subscriber that no longer follows this server cannot be seen from here.',
    'Un serveur secondaire ou un abonné logique qui ne suit plus ce serveur ne peut être vu d’ici.',
  ],
  [
    'What the storage device still holds of files that were removed cannot be seen.',
    'Ce que le support contient encore de fichiers supprimés ne peut être vu.',
  ],
  [
    'The logs of the server (csvlog too) and pg_stat_statements may hold statements with values of the database: they are not reached.',
    'Les journaux du serveur (csvlog aussi) et pg_stat_statements peuvent contenir des instructions avec des valeurs de la base : ils ne sont pas atteints.',
  ],
  [
    'The logs of the server and pg_stat_statements, which may hold statements with values, were not looked at.',
    'Les journaux du serveur et pg_stat_statements, qui peuvent contenir des instructions avec des valeurs, n’ont pas été examinés.',
  ],
  // What Restitute made itself, and what could not be looked at.
  [
    'unlinking a file does not overwrite its blocks: they stay on the medium until the file system reuses them',
    'la suppression d’un fichier n’en réécrit pas les blocs : ils restent sur le support jusqu’à leur réemploi',
  ],
  [
    'snapshots, backups and replicas of the storage below are not reached',
    'les instantanés, sauvegardes et réplicas du stockage sous-jacent ne sont pas atteints',
  ],
  [
    'the copy could not be opened with the rights of the verifier',
    'la copie n’a pu être ouverte avec les droits du vérificateur',
  ],
  ['another package lies in its place', 'un autre lot se trouve à sa place'],
  [
    'no verifier saw this copy before its destruction',
    'aucun vérificateur n’a vu cette copie avant sa destruction',
  ],
  [
    'another account looked than the one that had seen it, and may have looked for another copy',
    'un autre compte a regardé que celui qui l’avait vue, et a pu chercher une autre copie',
  ],
  [
    'the contract has another address for this copy than when it was seen or its destruction began',
    'le contrat donne à cette copie une autre adresse que lorsqu’elle a été vue ou qu’a commencé sa destruction',
  ],
  [
    'the folder in which this copy lay when its destruction began is not there',
    'le dossier dans lequel se trouvait cette copie au début de sa destruction n’est pas là',
  ],
  [
    'another server answered than the one on which the destruction of this copy began',
    'un autre serveur a répondu que celui sur lequel la destruction de cette copie a commencé',
  ],
  [
    'the disk that was this copy when its destruction began may still hold some of it',
    'le disque qu’était cette copie au début de sa destruction en contient peut-être encore une partie',
  ],
  ['this copy is still there, under another name', 'cette copie est encore là, sous un autre nom'],
  [
    'whether tables of this copy were moved into another database cannot be seen',
    'il n’est pas visible si des tables de cette copie ont été déplacées dans une autre base',
  ],
])

const periods: Readonly<Record<string, string>> = {
  acknowledgement: 'accusé de réception',
  notice: 'préavis',
  retrieval: 'récupération',
}

/** Sentences around a name; the groups of the pattern are what stands in them. */
const around: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [
    /^The period "(.+)" was counted by the host's clock\.$/,
    (name) => `La période « ${periods[name] ?? name} » a été comptée à l’horloge de l’hébergeur.`,
  ],
  [
    /^That copy "(.+)" is gone rests on the declaration of its holder and was not observed\.$/,
    (name) =>
      `La disparition de la copie « ${name} » repose sur la déclaration de son détenteur et n’a pas été constatée.`,
  ],
  [
    /^That copy "(.+)" is gone rests on the declaration of (.+), signed with the key ([0-9a-f]+) and was not observed\.$/,
    (name, holder, key) =>
      `La disparition de la copie « ${name} » repose sur la déclaration de ${holder}, signée avec la clé ${key}, et n’a pas été constatée.`,
  ],
  [
    /^That copy "(.+)" is gone rests on the declaration of (.+), for which the host's (.+) vouches and was not observed\.$/,
    (name, holder, person) =>
      `La disparition de la copie « ${name} » repose sur la déclaration de ${holder}, dont répond, chez l’hébergeur, ${person}, et n’a pas été constatée.`,
  ],
  [
    /^That copy "(.+)" is gone rests on the declaration of (.+) and was not observed\.$/,
    (name, holder) =>
      `La disparition de la copie « ${name} » repose sur la déclaration de ${holder} et n’a pas été constatée.`,
  ],
  [
    /^Copy "(.+)" was not destroyed: (.+), to whom it was handed over, keeps it by its own signed word\.$/,
    (name, holder) =>
      `La copie « ${name} » n’a pas été détruite : ${holder}, à qui elle a été remise, a déclaré, en signant, qu’il la garde.`,
  ],
  [
    /^Source "(.+)" is excluded by the contract and was not touched\.$/,
    (name) => `La source « ${name} » est exclue par le contrat et n’a pas été touchée.`,
  ],
  [
    /^Seen when it began: sessions of others in it: (\d+); replicas connected to its server: (\d+)\.$/,
    (sessions, replicas) =>
      `Vu à son début : sessions d’autrui dans la base : ${sessions} ; réplicas connectés à son serveur : ${replicas}.`,
  ],
  [
    /^Seen when it began: sessions and replicas: not visible without PROCESS\.$/,
    () => 'À son début, les sessions et réplicas n’étaient pas visibles, faute du droit PROCESS.',
  ],
  [
    /^Copy "(.+)" is not covered by the order\.$/,
    (name) => `La copie « ${name} » n’est pas couverte par l’ordre.`,
  ],
]

/** The French for a cited sentence, where there is one. */
export function sentenceInFrench(english: string): string | undefined {
  const known = fixed.get(english)
  if (known !== undefined) return known
  for (const [pattern, french] of around) {
    const found = pattern.exec(english)
    if (found !== null) return french(...found.slice(1))
  }
  return undefined
}
