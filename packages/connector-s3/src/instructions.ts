/** How a bucket is put back with ordinary tools; a tag file of every bag. */
export const instructions: string = `# Restoring these objects with ordinary tools

\`data/objects/\` holds the newest version of every object, \`data/versions/\` the older versions and, as empty files whose
names end in \`-deleted\`, the delete markers; \`data/configuration/\` the settings of the bucket, as \`aws s3api get-bucket-…\`
prints them. File names may differ from keys: \`objects-*.jsonl\` gives for every version its true \`key\`, its \`path\` here, its
\`version\` id, time, \`headers\`, user \`metadata\`, \`tags\`, \`lock\`, \`acl\`, and says which is the \`latest\`. Within a key the
lines are in the order of the versions, the oldest first. An object cut into \`parts\` is a folder: join its parts with \`cat\`.

Newest versions only, where no name had to be changed:

    aws s3 sync data/objects s3://NEW-BUCKET

Everything, in order (needs \`jq\`):

    aws s3api put-bucket-versioning --bucket NEW-BUCKET --versioning-configuration Status=Enabled
    cat objects-*.jsonl | jq -c 'select(.lost == null)' | while read -r line; do
      key=$(printf %s "$line" | jq -r .key) path=$(printf %s "$line" | jq -r .path)
      case $(printf %s "$line" | jq -r .kind) in
        delete-marker) aws s3api delete-object --bucket NEW-BUCKET --key "$key" ;;
        object)
          if [ -d "$path" ]; then cat "$path"/part-* > joined; path=joined; fi
          aws s3api put-object --bucket NEW-BUCKET --key "$key" --body "$path" \\
            --metadata "$(printf %s "$line" | jq -c '.metadata // {}')" \\
            --content-type "$(printf %s "$line" | jq -r '.headers.ContentType // "binary/octet-stream"')" \\
            --tagging "$(printf %s "$line" | jq -r '.tags // {} | to_entries | map((.key|@uri) + "=" + (.value|@uri)) | join("&")')" ;;
      esac
    done

Settings of the bucket that name accounts, keys or other buckets are not applied by anybody but you, for instance:

    aws s3api put-bucket-lifecycle-configuration --bucket NEW-BUCKET --lifecycle-configuration file://data/configuration/lifecycle.json
`
