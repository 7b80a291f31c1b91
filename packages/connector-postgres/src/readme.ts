/** How to rebuild the database without Restitute, in French. */
export function lisezmoi(): string {
  return `Reconstruire cette base PostgreSQL sans Restitute
=================================================

Il faut : un serveur PostgreSQL de la même version majeure ou plus récente, \`psql\` de cette version (15.14 ou plus récent
pour la branche 15), un interpréteur POSIX avec \`sed\` et \`base64\`, un rôle superutilisateur
(CREATEDB et CREATEROLE suffisent si rien n'appartient à un superutilisateur).

Se placer dans ce dossier (data/), puis, avec un nom de base qui n'existe pas encore :

    psql -h HÔTE -U postgres -d postgres -v database=NOUVELLE_BASE -f restore.sql

Le script s'arrête à la première erreur. Un fichier qui manque, parce que la lecture l'a déclaré perdu ou qu'il n'a pas été
extrait, est nommé et sauté ; le script achève alors la base, puis échoue. Une clé étrangère qui mène à des lignes absentes est
refusée par le serveur, qui le dit, et n'est pas créée. Il exécute, dans cet ordre :

1. definitions/1-roles.sql            rôles qui manquent encore, sans mot de passe : il faut leur en donner
2. definitions/2-create-database.sql  la base, avec son propriétaire, son encodage et sa locale
3. definitions/3-pre-data.sql         schémas, types, fonctions, tables
4. tables/*/*.csv                     les lignes, par \\copy
5. sequences/*.sql                    l'état des séquences
6. large-objects/*                    les objets larges
7. definitions/4-post-data.sql        index, contraintes, déclencheurs, règles, politiques, vues matérialisées
8. definitions/5-database.sql         réglages et droits de la base

Une livraison en plusieurs lots : extraire d'abord le plus ancien, puis les suivants par-dessus, dans l'ordre, en retirant
avant chaque lot le dossier tables/<table>/ de toute table que ce lot apporte de nouveau ou déclare perdue (de même
materialized/<vue>/).

Les fichiers CSV se lisent aussi seuls : chaque dossier de table a son datapackage.json (Frictionless Data Package), qui
nomme ses fichiers dans l'ordre, les colonnes, leurs types, et dit comment NULL s'écrit. De même materialized/<vue>/ : les
lignes d'une vue matérialisée telles qu'elles étaient ; rien ne les charge, l'étape 7 la remplit à nouveau.
`
}

/** The same in English. */
export function readme(): string {
  return `Rebuild this PostgreSQL database without Restitute
=================================================

It takes: a PostgreSQL server of the same major version or a newer one, its \`psql\` (15.14 or newer in branch 15), a POSIX
shell with \`sed\` and \`base64\`, a superuser (CREATEDB and CREATEROLE are enough where no superuser owns anything).

In this folder (data/), with the name of a database that does not exist yet:

    psql -h HOST -U postgres -d postgres -v database=NEW_DATABASE -f restore.sql

The script stops at the first error. A file that is not there, because it was stated as lost when it was read or was not
extracted, is named and left out; the script then finishes the database, and fails. A foreign key that leads to rows which are not
there is refused by the server, which says so, and is not made. It runs, in this order:

1. definitions/1-roles.sql            roles that are not there yet, without passwords: give them some
2. definitions/2-create-database.sql  the database, with its owner, encoding and locale
3. definitions/3-pre-data.sql         schemas, types, functions, tables
4. tables/*/*.csv                     the rows, by \\copy
5. sequences/*.sql                    where the sequences stand
6. large-objects/*                    large objects
7. definitions/4-post-data.sql        indexes, constraints, triggers, rules, policies, materialised views
8. definitions/5-database.sql         settings and rights of the database

A delivery of several packages: extract the oldest first, then the others over it, in order; before each, remove the folder
tables/<table>/ of every table that it brings anew or states as lost (materialized/<view>/ likewise).

The CSV files can be read by themselves: each table's folder has its datapackage.json (Frictionless Data Package), which names
its files in their order, the columns and their types, and says how NULL is written. So has materialized/<view>/, the rows
of a materialised view as they stood; nothing loads them: step 7 fills it anew.
`
}
