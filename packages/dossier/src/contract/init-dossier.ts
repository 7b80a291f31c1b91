/** What a new dossier begins with. */
export interface InitOptions {
  /** Created; must be absent or empty. */
  readonly dir: string
  readonly sources: readonly { readonly name: string; readonly url: string }[]
  /** Paths of the client's key files; copied to `keys/client-<n>.asc`. */
  readonly clientKeys: readonly string[]
  /** URL of the destination. */
  readonly to?: string
  /** Of the comments and of the documents. */
  readonly language: 'fr' | 'en'
}

export async function initDossier(_o: InitOptions): Promise<{ readonly contract: string }> {
  throw new Error('todo')
}
