/** How to load the bag with MariaDB's or MySQL's own client; the script does what the text says. */
export const loadShell: string = `#!/bin/sh
# Loads this database with the mariadb (or mysql) client alone. In the folder that holds data/:
#   mariadb -h host -u user -p -e 'CREATE DATABASE name'
#   sh data/native/load.sh [--accounts] [--defaults-extra-file=file-with-password] name [further options of the client]
# --accounts also makes the accounts that have rights on it, locked and without passwords, and grants them.
# Charge cette base avec le seul client mariadb (ou mysql), depuis le dossier qui contient data/ :
#   mariadb -h hôte -u utilisateur -p -e 'CREATE DATABASE nom'
#   sh data/native/load.sh [--accounts] [--defaults-extra-file=fichier-du-mot-de-passe] nom [autres options du client]
# --accounts crée aussi les comptes qui y ont des droits, verrouillés et sans mot de passe, et leur accorde ces droits.
set -eu
client=$(command -v mariadb || command -v mysql)
# Each slice of a large table has a load.sql; the first says how many there are.
whole() {
  [ ! -f "$1/load.sql" ] || return 0
  [ -f "$1/slice-000001/load.sql" ] || return 1
  number=$(sed -n 's/^-- slice 1 of //p' "$1/slice-000001/load.sql")
  [ -z "$number" ] || [ "$number" -eq "$(ls -d "$1"/slice-*/load.sql | wc -l)" ]
}
absent=
leave_out() {
  echo "$1: not here, left out" >&2
  absent=yes
}
load() {
  for file in "$@"; do
    [ -f "$file" ] || continue
    "$client" $options --local-infile=1 --binary-mode --comments --default-character-set=utf8mb4 "$database" < "$file" > /dev/null
  done
}
options=
accounts=
case $1 in --accounts) accounts=yes; shift ;; esac
case $1 in --defaults*) options=$1; shift ;; esac
database=$1
shift
options="$options $*"
while IFS= read -r name; do
  case $name in
    native/0-accounts/* | native/9-grants/*) [ -z "$accounts" ] || load "data/$name" ;;
    native/*) if [ -f "data/$name" ]; then load "data/$name"; else leave_out "$name"; fi ;;
    *) if whole "data/$name"; then load "data/$name/load.sql" "data/$name"/slice-*/load.sql; else leave_out "$name"; fi ;;
  esac
done < data/native/contents.txt
# MySQL notes of a view whether it could be used when it was made: again, now that the rights are there.
[ -z "$accounts" ] || while IFS= read -r name; do
  case $name in native/7-definers/view-*) load "data/$name" ;; esac
done < data/native/contents.txt
[ -z "$absent" ] || { echo 'loaded, but not whole: what is named above is not here' >&2; exit 1; }
`

/** What lies in the bag, in French and English. */
export const readMe: string = `LISEZMOI

Une base de données MariaDB ou MySQL. data/tables/ : une table par dossier, en CSV (UTF-8), décrite par datapackage.json
(Frictionless Data Package). data/native/ : les définitions, en SQL. Pour reconstruire la base avec le seul client mariadb :
  1. créer une base vide ;
  2. exécuter, dans l'ordre, 0-database.sql, puis tous les fichiers de 1-sequences, de 2-tables ;
  3. depuis le dossier qui contient data/, avec --local-infile=1, tous les fichiers load.sql sous data/tables/ ;
  4. tous les fichiers de 3-packages, 4-routines, 6-views et 7-definers (dans l'ordre de contents.txt), 7-triggers, 8-events.
load.sh le fait, pour ce que nomme contents.txt, dans l'ordre ; il nomme et saute ce qui n'est pas là, puis échoue à la fin. Options du client : --binary-mode --comments --default-character-set=utf8mb4. Le serveur doit accepter
LOAD DATA LOCAL (SET GLOBAL local_infile=1), des valeurs assez grandes (SET GLOBAL max_allowed_packet) et, s'il tient un journal
binaire, toute fonction (SET GLOBAL log_bin_trust_function_creators=1). Si MySQL refuse une table, ou en fait une autre :
init-command = SET innodb_strict_mode=0, restrict_fk_on_non_standard_key=0, sql_require_primary_key=0, sql_generate_invisible_primary_key=0
dans le fichier d'options du client.
Une vue qui appelle une fonction ne sert que si le compte au nom duquel celle-ci s'exécute (DEFINER) existe et peut l'exécuter.
lost/ contient ce que le serveur d’origine ne pouvait plus faire lui-même, ce qui a besoin de ce qui est perdu, et les vues qui lisent une autre base ou appellent une fonction d'un paquet.

Une livraison en plusieurs lots : extraire d'abord le plus ancien, puis les suivants par-dessus, dans l'ordre, en retirant avant
chaque lot le dossier data/tables/<table>/ de toute table que ce lot apporte de nouveau ou déclare perdue. Ce qui a disparu
depuis n'est plus dans contents.txt : ne pas l'exécuter.

Les comptes et rôles qui ont des droits sur la base, ou au nom desquels elle agit, sont dans 0-accounts (à exécuter avant
3-packages) et 9-grants (en dernier), si on le souhaite, par un administrateur : load.sh --accounts. Un compte absent est créé
verrouillé et sans mot de passe : lui en donner un, puis ALTER USER … ACCOUNT UNLOCK. Les droits sur tout le serveur (*.*) n'y
sont pas, ni les règles des mots de passe et des connexions (expiration, historique, échecs), ni les commentaires et attributs
des comptes. Dans GRANT … ON *, le nom de la base est un motif, où « _ » vaut n'importe quel caractère : choisir un nom sans
« _ » ni « % ».

README

A MariaDB or MySQL database. data/tables/: one table per folder, as CSV (UTF-8), described by datapackage.json
(Frictionless Data Package). data/native/: the definitions, as SQL. To rebuild it with the mariadb client alone:
  1. make an empty database;
  2. run, in this order, 0-database.sql, then all files of 1-sequences, of 2-tables;
  3. in the folder that holds data/, with --local-infile=1, all files load.sql below data/tables/;
  4. all files of 3-packages, 4-routines, 6-views and 7-definers (in the order of contents.txt), 7-triggers, 8-events.
load.sh does it, for what contents.txt names, in its order; what is not here it names and leaves out, and fails at its end. Options of the client: --binary-mode --comments --default-character-set=utf8mb4. The server must allow
LOAD DATA LOCAL (SET GLOBAL local_infile=1), values that are large enough (SET GLOBAL max_allowed_packet) and, if it keeps a binary
log, any function (SET GLOBAL log_bin_trust_function_creators=1). Where MySQL refuses a table, or makes another of it:
init-command = SET innodb_strict_mode=0, restrict_fk_on_non_standard_key=0, sql_require_primary_key=0, sql_generate_invisible_primary_key=0
in the client's options file.
A view that calls a function is of use only where the account that this runs as (DEFINER) is there and may execute it.
lost/ holds what the server of origin could not make any more itself, what needs something that is lost, and views that read another database or call a function of a package.

A delivery of several packages: extract the oldest first, then the others over it, in order; before each, remove the folder
data/tables/<table>/ of every table that it brings anew or states as lost. What is gone since is not in contents.txt any more: do
not run it.

The accounts and roles that hold rights on the database, or that it acts as, are in 0-accounts (to be run before 3-packages)
and 9-grants (last), where wanted, by an administrator: load.sh --accounts. An account that is missing is made locked and
without a password: give it one, then ALTER USER … ACCOUNT UNLOCK. Rights on the whole server (*.*) are not among them, nor rules
for passwords and logins (expiry, history, failed attempts), nor comments and attributes of accounts. In
GRANT … ON *, the name of the database is a pattern, in which "_" is any character: choose a name without "_" and "%".
`
