/** What lies at the top of the bag for whoever has it before them. */
export const readmes: readonly { readonly path: string; readonly text: string }[] = [
  {
    path: 'README.md',
    text: `# Container images

\`data/\` is an OCI image layout (version 1.0.0): ordinary tools read it as it is.

    skopeo list-tags oci:data                              # or: jq . data/index.json
    skopeo copy --all oci:data:NAME docker://REGISTRY/REPOSITORY:TAG
    umoci unpack --image data:NAME FOLDER

NAME is an \`org.opencontainers.image.ref.name\` in \`data/index.json\`. Where the source had several repositories it is
\`repository:tag\`. Manifests without a name (signatures, bills of materials) are in \`index.json\` without one.

A blob of more than 1 GiB lies in parts, in a folder with the name of the blob. Join them first:

    cd data/blobs/sha256
    for folder in */; do name=\${folder%/}; cat "$name"/part-* > joined && rm -r "$name" && mv joined "$name"; done

Every file in \`blobs/sha256\` has its own SHA-256 as its name.
`,
  },
  {
    path: 'LISEZMOI.md',
    text: `# Images de conteneurs

\`data/\` est un « OCI image layout » (version 1.0.0) : les outils ordinaires le lisent tel quel.

    skopeo list-tags oci:data                              # ou : jq . data/index.json
    skopeo copy --all oci:data:NOM docker://REGISTRE/DEPOT:ETIQUETTE
    umoci unpack --image data:NOM DOSSIER

NOM est un \`org.opencontainers.image.ref.name\` de \`data/index.json\`. Si la source avait plusieurs dépôts, c'est
\`depot:etiquette\`. Les manifestes sans nom (signatures, nomenclatures logicielles) y figurent sans nom.

Un blob de plus de 1 Gio est en plusieurs parties, dans un dossier qui porte son nom. Il faut d'abord les réunir :

    cd data/blobs/sha256
    for folder in */; do name=\${folder%/}; cat "$name"/part-* > joined && rm -r "$name" && mv joined "$name"; done

Chaque fichier de \`blobs/sha256\` a pour nom sa propre empreinte SHA-256.
`,
  },
]
