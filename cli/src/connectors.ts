import { type Connector, RestituteError } from '@restitute/core'

/** Kind of source URL → its connector, loaded when first needed. A new kind is one line here. */
const loaders: Readonly<Record<string, () => Promise<Connector>>> = {
  disk: async () => (await import('@restitute/connector-disk')).diskConnector,
  files: async () => (await import('@restitute/connector-files')).filesConnector,
  mysql: async () => (await import('@restitute/connector-mysql')).mysqlConnector,
  oci: async () => (await import('@restitute/connector-oci')).ociConnector,
  program: async () => (await import('@restitute/connector-program')).programConnector,
  postgres: async () => (await import('@restitute/connector-postgres')).postgresConnector,
  s3: async () => (await import('@restitute/connector-s3')).s3Connector,
  sqlite: async () => (await import('@restitute/connector-sqlite')).sqliteConnector,
}

/** The kinds that sources may have. */
export const connectorKinds: readonly string[] = Object.keys(loaders)

/** The connector of a source URL; `usage` for a kind without one. */
export async function connectorOf(url: string): Promise<Connector> {
  const kind = url.split(':', 1)[0] ?? ''
  const load = Object.hasOwn(loaders, kind) ? loaders[kind] : undefined
  if (load === undefined) {
    throw new RestituteError('usage', `no connector for sources of kind "${kind}"`, {
      hint: `known kinds: ${connectorKinds.join(', ')}`,
    })
  }
  return load()
}
