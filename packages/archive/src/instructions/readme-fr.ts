import { type Facts, fill, placeholders } from './fill.ts'

const text = `# Lot de restitution {{package}}

Ce dossier contient les données que votre hébergeur vous rend : chiffrées pour vos clés, signées par l'hébergeur. Aucun
logiciel particulier n'est nécessaire : GnuPG (\`gpg\`), \`zstd\`, \`tar\` et \`sha256sum\` lisent tout, aujourd'hui et dans
vingt ans.

| système | où trouver les outils |
| --- | --- |
| Linux | \`apt install gnupg zstd tar coreutils\`, ou l'équivalent |
| macOS | \`brew install gnupg zstd\` ; écrire \`shasum -a 256\` au lieu de \`sha256sum\` |
| Windows | Gpg4win, \`zstd\` (un .exe accompagne ses versions), \`tar\` (compris dans Windows 10 et suivants) ; voir l'étape 6 |

Il faut aussi l'une des clés privées pour lesquelles le lot est chiffré (\`gpg --list-secret-keys\`).

## Ce que contient le dossier

| fichier | contenu |
| --- | --- |
| \`manifest.json\` | le manifeste : liste signée de tous les fichiers, totaux par source, moment et manière de la lecture |
| \`manifest.json.<empreinte>.asc\` | signature de cette liste, un fichier par signataire |
| \`manifest.json.<empreinte>.asc.tsr\` | horodatage d'une signature (RFC 3161), s'il y en a un |
| \`SHA256SUMS\` | sommes de contrôle des volumes et des index, reprises du manifeste |
| \`volumes/<numéro>.tar.zst.pgp\` | les données : un message OpenPGP contenant un flux zstd contenant un tar |
| \`index/<source>-<numéro>.jsonl.zst.pgp\` | ce qui se trouve dans quel volume, une ligne JSON par élément et par fichier |
| \`keys/\` | clé publique de l'hébergeur |
| \`open.sh\` | fait d'un coup les étapes 1 à 5 |

## Tout d'un coup (Linux, macOS)

    sh open.sh {{SIGNER}} /chemin/du/nouveau/dossier

Comparez d'abord l'empreinte avec celle de votre contrat : qui peut remplacer ce lot peut aussi remplacer ce texte.

## 1. Vérifier la signature

    gpg --import keys/*.asc
    gpg --status-fd 1 --verify manifest.json.{{signer}}.asc manifest.json

La ligne qui commence par \`[GNUPG:] VALIDSIG\` doit finir par l'empreinte que nomme votre contrat. Ce lot annonce

    {{printed}}

Une clé expirée depuis la signature n'est pas une anomalie ; \`BADSIG\` ou \`REVKEYSIG\` en est une.

S'il y a un fichier \`.tsr\`, la signature existait à l'heure qu'il indique. Les deux parties connaissent l'autorité : le
contrat nomme son certificat racine.

    openssl ts -reply -text -in manifest.json.{{signer}}.asc.tsr
    openssl ts -verify -CAfile autorite.pem -data manifest.json.{{signer}}.asc -in manifest.json.{{signer}}.asc.tsr

Si le certificat de l'autorité a expiré depuis, ajoutez \`-attime\` et l'heure indiquée, en secondes depuis 1970.

## 2. Vérifier les fichiers

    sha256sum -c SHA256SUMS

La signature porte sur \`manifest.json\`, pas sur \`SHA256SUMS\`. Cette commande n'affiche rien si les deux concordent :

    tr '{' '\\n' < manifest.json | sed -n 's/.*"name":"\\([^"]*\\)".*"sha256":"\\([0-9a-f]*\\)".*/\\2  \\1/p' |
      grep -E '  (index|volumes)/' | LC_ALL=C sort | diff - <(LC_ALL=C sort SHA256SUMS)

Un fichier que le manifeste ne nomme pas n'appartient pas au lot : ne l'utilisez pas.

## 3. Extraire un volume

    set -o pipefail
    umask 077
    mkdir -m 700 ../{{package}}-extrait
    gpg --decrypt volumes/000001.tar.zst.pgp | zstd -dc | tar -xpf - -C ../{{package}}-extrait

N'utilisez le résultat que si les trois programmes ont réussi : \`gpg\` écrit avant d'avoir tout vérifié. Pour sortir un
seul fichier, donnez son nom dans le tar : \`… | tar -xpf - -C ../{{package}}-extrait records/data/tables/patients/000001.csv\`.

## 4. Extraire tous les volumes

    set -o pipefail
    umask 077
    mkdir -p -m 700 ../{{package}}-extrait
    for v in volumes/*.tar.zst.pgp; do
      gpg --decrypt "$v" | zstd -dc | tar -xpf - -C ../{{package}}-extrait || { echo "ÉCHEC : $v"; break; }
    done

\`ÉCHEC\` nomme le volume où tout s'est arrêté : ce qui est sorti jusque-là n'est pas le tout.

## 5. Vérifier chaque sac

Chaque source est un dossier et un sac BagIt (RFC 8493) : les données sous \`data/\`, leurs sommes de contrôle à côté.

    cd ../{{package}}-extrait/<source>
    sha256sum -c --quiet tagmanifest-sha256.txt
    sha256sum -c --quiet manifest-sha256.txt

Rien ne s'affiche si chaque fichier est présent et tel qu'il a été lu chez l'hébergeur. (La liste d'une source sans
fichier est vide, ce dont \`sha256sum\` se plaint.)

## 6. Windows

Dans l'invite de commandes (\`cmd.exe\`, non PowerShell, dont les tubes modifient les octets), pour chaque volume :

    certutil -hashfile volumes\\000001.tar.zst.pgp SHA256
    gpg --output 000001.tar.zst --decrypt volumes\\000001.tar.zst.pgp
    zstd -d 000001.tar.zst
    tar -xf 000001.tar

Comparez ce qu'affiche \`certutil\` avec \`SHA256SUMS\`.

## 7. Consulter un index

    gpg --decrypt index/<source>-01.jsonl.zst.pgp | zstd -dc | less

La première ligne porte le sel que cite votre accusé de réception. Viennent ensuite les éléments, chacun avec son état
(\`exported\` exporté, \`unchanged\` inchangé, \`removed\` supprimé, \`excluded\` exclu ou \`lost\` perdu, avec le motif) et les
fichiers qu'il est devenu. Pour trouver le volume d'un fichier :
\`… | zstd -dc | grep '"entry":"data/tables/patients/'\`.

## 8. Une livraison en plusieurs lots

Quand \`manifest.json\` a un membre \`base\`, le lot continue celui que \`base\` nomme : il contient ce qui était nouveau ou avait changé
depuis, et ses index disent \`removed\` de ce qui a disparu. De simples lots posés l'un sur l'autre le feraient revenir. Extraire et vérifier
chacun dans un dossier à lui (étapes 1 à 5), puis les réunir, source par source, dans le dossier qui les contient tous (\`jq\`, \`bash\`) :

    S=documents     # la source
    set -o pipefail
    mkdir -m 700 "$S"; : > held.tsv
    for p in R1-0001 R1-0002; do     # tous, le plus ancien d'abord
      for i in "$p/index/$S"-??.jsonl.zst.pgp; do
        gpg --decrypt "$i" | zstd -dc || { echo "ÉCHEC : $i" >&2; break 2; }
      done > index.jsonl
      jq -r 'select(.state == "unchanged") | [.item] | @tsv' index.jsonl > same.tsv
      awk -F '\\t' 'FILENAME == "same.tsv" { same[$1]; next } !($1 in same)' same.tsv held.tsv | cut -f 2 | sort -r |
        (cd "./$S"; while IFS= read -r f; do [ ! -f "$f" ] || rm "$f"; rmdir -p "$f" "\${f%/*}" 2> /dev/null || :; done)
      awk -F '\\t' 'FILENAME == "same.tsv" { same[$1]; next } $1 in same' same.tsv held.tsv > kept.tsv
      jq -r 'select(.item and .entry) | [.item, .entry] | @tsv' index.jsonl | cat kept.tsv - > held.tsv
      cp -pR "$p-extrait/$S/data" "$S" || { echo "ÉCHEC : $p" >&2; break; }
    done

Si \`ÉCHEC\` s'affiche, tout recommencer dans un dossier vide. Sinon \`documents/data/\` est la source telle qu'elle était au dernier lot ; les listes utilisées (\`*.tsv\`, \`index.jsonl\`) portent des noms en
clair : les effacer. Les objets d'un compartiment (\`objects-*.jsonl\`) ne se réunissent pas ainsi : suivre \`RESTORE.md\` dans le dossier de chaque lot, le plus ancien d'abord.

## Ce que contiennent les sacs

- Tables : CSV en UTF-8, en-tête dans la première partie, et les définitions dans le langage de leur base de données.
- Un élément trop grand pour un fichier est coupé en parties numérotées : \`cat\` les joint dans l'ordre des numéros.
- Fichiers : les liens physiques restent des liens et les trous des fichiers creux restent des trous, avec GNU tar comme
  avec bsdtar (macOS, Windows). Les dates sont exactes à la nanoseconde (avant 1970, bsdtar en donne de plus tardives, de
  deux secondes au plus). Pour avoir aussi les propriétaires, les listes de contrôle d'accès et les attributs étendus,
  extraire en tant que root avec GNU tar : \`tar -xp --numeric-owner --acls --xattrs --xattrs-include='*'\`.
- \`tree-*.jsonl\` et \`objects-*.jsonl\` disent tout cela, et aussi ce que tar ne porte pas ici :

| ce que tar ne porte pas | où le trouver |
| --- | --- |
| liens symboliques ; tubes, sockets, périphériques | \`tree-*.jsonl\` seulement : aucun fichier n'en sort |
| vrais noms, quand l'un n'est pas en UTF-8 ou pas sûr sur tout système | \`tree-*.jsonl\` : le fichier sort sous un nom changé |
| attributs étendus qui ne sont pas du texte ASCII, ou de plus de 8 Kio en tout | \`tree-*.jsonl\` |
| versions, marques de suppression et métadonnées des objets | \`objects-*.jsonl\` |
`

/** `LISEZMOI.md`: how to check, decrypt and reuse a package with ordinary tools, in French. */
export function readmeFrench(facts: Facts): string {
  return fill(text, placeholders(facts))
}
