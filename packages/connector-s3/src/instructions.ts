/** How a bucket is put back with ordinary tools; a tag file of every bag. */
export const instructions: string = `# Remettre ces objets avec des outils ordinaires

\`data/objects/\` contient la dernière version de chaque objet, \`data/versions/\` les plus anciennes et, en fichiers vides dont le
nom finit par \`-deleted\`, les marques de suppression ; \`data/configuration/\` les réglages du compartiment, tels que les affiche
\`aws s3api get-bucket-…\`. Un nom de fichier peut différer de la clé : pour chaque version, \`objects-*.jsonl\` donne sa vraie clé
(\`key\`), son chemin ici (\`path\`), son identifiant (\`version\`), sa date, ses en-têtes (\`headers\`), métadonnées (\`metadata\`),
étiquettes (\`tags\`), verrou (\`lock\`) et liste d'accès (\`acl\`), et dit laquelle est la dernière (\`latest\`). Pour une clé, les lignes
sont dans l'ordre des versions, la plus ancienne d'abord. Un objet coupé en parties (\`parts\`) est un dossier : \`cat\` les joint.

Les commandes sont celles du texte anglais, ci-dessous. Le premier bloc remet les seules dernières versions d'un lot dont aucun nom n'a
dû être changé ; le deuxième remet tout, dans l'ordre (il faut \`aws\`, \`jq\` et \`bash\`), depuis le dossier où se trouve ce fichier :
écrire le nom du nouveau compartiment au lieu de NEW-BUCKET. Il faut environ une seconde par version ; \`aws\` refuse les métadonnées
qui ne sont pas en ASCII, et \`put-object\` ne prend que 5 Go : remettre ces objets-là par un autre programme. Les réglages qui nomment des
comptes, des clés ou d'autres compartiments, personne que vous ne les applique : le troisième bloc en donne un exemple.

Une livraison en plusieurs lots : extraire chacun dans un dossier à lui et faire cela dans chacun, le plus ancien d'abord ; ce qu'un index
plus récent dit \`removed\` a disparu. Une version qu'un lot déclare perdue (\`lost\`) et qu'un suivant apporte se remet avant les plus
récentes de sa clé : leur ordre est celui de l'\`id\`. Posés l'un sur l'autre, les \`objects-*.jsonl\` et les dernières versions d'un lot
remplaceraient ceux d'un autre.

# Restoring these objects with ordinary tools

\`data/objects/\` holds the newest version of every object, \`data/versions/\` the older versions and, as empty files whose
names end in \`-deleted\`, the delete markers; \`data/configuration/\` the settings of the bucket, as \`aws s3api get-bucket-…\`
prints them. File names may differ from keys: \`objects-*.jsonl\` gives for every version its true \`key\`, its \`path\` here, its
\`version\` id, time, \`headers\`, user \`metadata\`, \`tags\`, \`lock\`, \`acl\`, and says which is the \`latest\`. Within a key the
lines are in the order of the versions, the oldest first. An object cut into \`parts\` is a folder: join its parts with \`cat\`.

A delivery of several packages: extract each into a folder of its own and do this in each, the oldest first; what a later index calls
\`removed\` is gone. A version that an earlier package states as \`lost\` and a later one brings has to be put before the newer ones of
its key: their order is that of the \`id\`. Laid one over the other, the \`objects-*.jsonl\` and the newest versions of one replace those
of another.

Newest versions only, of one package, where no name had to be changed:

    aws s3 sync data/objects s3://NEW-BUCKET

Everything, in order (needs \`aws\`, \`jq\`, \`bash\`), from the folder in which this file lies:

    aws s3api put-bucket-versioning --bucket NEW-BUCKET --versioning-configuration Status=Enabled
    cat objects-*.jsonl | jq -c 'select(.lost == null)' | while read -r line; do
      path=$(jq -r '.path' <<< "$line")
      case $(jq -r '.kind' <<< "$line") in
        delete-marker)
          aws s3api delete-object --cli-input-json "$(jq -c '{Bucket: "NEW-BUCKET", Key: .key}' <<< "$line")" ;;
        object)
          if [ -d "$path" ]; then cat "$path"/part-* > joined; path=joined; fi
          aws s3api put-object --body "$path" --cli-input-json "$(jq -c '{Bucket: "NEW-BUCKET", Key: .key} + .headers
            + {Metadata: (.metadata // {})} + if .tags == null then {}
              else {Tagging: (.tags | to_entries | map((.key | @uri) + "=" + (.value | @uri)) | join("&"))} end' <<< "$line")" ;;
      esac
    done

This takes about a second for each version; \`aws\` refuses metadata beyond ASCII, and \`put-object\` takes at most 5 GB: put such objects
with another program. Settings of the bucket that name accounts, keys or other buckets are not applied by anybody but you, for
instance:

    aws s3api put-bucket-lifecycle-configuration --bucket NEW-BUCKET --lifecycle-configuration file://data/configuration/lifecycle.json
`
