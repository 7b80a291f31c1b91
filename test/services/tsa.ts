import { execFileSync, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What an authority for tests is made of. */
export interface AuthorityOptions {
  /** Dates of the authority's own certificate; default: from an hour ago until tomorrow. */
  readonly from?: Date
  readonly until?: Date
  /** Dates of the root; default: the same. */
  readonly rootUntil?: Date
  readonly key?: 'ec' | 'rsa'
  /** Extensions of its certificate in the words of openssl; default: those of a time-stamping authority. */
  readonly extensions?: readonly string[]
  /** Whether another authority stands between root and leaf. */
  readonly intermediate?: boolean
  /** Hashes that it accepts in requests. */
  readonly digests?: string
}

/** The files of an authority: `<name>.crt`, `<name>.key` for `root`, `leaf` and, if asked for, `middle`. */
export interface Authority extends Disposable {
  readonly folder: string
  /** Path of the root certificate, PEM. */
  readonly root: string
}

/** A running authority. */
export interface Tsa extends AsyncDisposable {
  readonly url: string
  /** Path and bytes of the root certificate, PEM. */
  readonly root: string
  readonly rootBytes: Uint8Array
  /** SHA-256 of the root certificate. */
  readonly fingerprint: string
  readonly folder: string
  /** From now on it stamps this time instead of the machine's. */
  readonly setClock: (at: Date) => void
}

const hour = 3_600_000
const rootExtensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']

/** Extensions of the certificate of a time-stamping authority (RFC 3161 §2.3). */
export const leafExtensions: readonly string[] = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=critical,timeStamping',
]

/** Makes keys and certificates with openssl in a folder of their own; nothing runs yet. */
export function makeAuthority(o: AuthorityOptions = {}): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'restitute-tsa-'))
  mkdirSync(join(folder, 'issued'))
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'serial'), '01\n')
  writeFileSync(join(folder, 'openssl.cnf'), configuration(folder, o.digests ?? 'sha256, sha384, sha512'))
  const dates = {
    from: o.from ?? new Date(Date.now() - hour),
    until: o.until ?? new Date(Date.now() + 24 * hour),
  }
  const authority = { from: dates.from, until: o.rootUntil ?? dates.until, extensions: rootExtensions }
  issue(folder, 'root', 'root', o.key, authority)
  if (o.intermediate) issue(folder, 'middle', 'root', o.key, authority)
  const issuer = o.intermediate ? 'middle' : 'root'
  issue(folder, 'leaf', issuer, o.key, { ...dates, extensions: o.extensions ?? leafExtensions })
  const above = [issuer, 'root'].map((name) => readFileSync(join(folder, `${name}.crt`), 'utf8'))
  writeFileSync(join(folder, 'chain.crt'), [...new Set(above)].join(''))
  return {
    folder,
    root: join(folder, 'root.crt'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Starts an authority in a process of its own, on a free port of the loopback. */
export async function startTsa(o: AuthorityOptions = {}): Promise<Tsa> {
  const authority = makeAuthority(o)
  const { folder, root } = authority
  const server = spawn(process.execPath, [join(import.meta.dirname, 'tsa-server.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(createInterface(server.stdout), 'line')
  const stop = async (): Promise<void> => {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    authority[Symbol.dispose]()
  }
  const url = `http://127.0.0.1:${String(port)}/`
  const setClock = (at: Date): void => writeFileSync(join(folder, 'clock'), at.toISOString())
  const rootBytes = readFileSync(root)
  const fingerprint = fingerprintIn(rootBytes)
  return { url, root, rootBytes, fingerprint, folder, setClock, [Symbol.asyncDispose]: stop }
}

/** SHA-256 of a certificate, as contracts give it. */
export function fingerprintIn(certificate: Uint8Array): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()
}

/** What a revocation list says of an authority's certificate. */
export interface RevocationOptions {
  /** When it was revoked; absent: it is not on the list. */
  readonly at?: Date
  /** In the words of openssl, for instance `keyCompromise`; absent: none is given. */
  readonly reason?: string
  /** Whose list: by default that of the root, on the leaf that it issued. */
  readonly issuer?: 'root' | 'middle'
}

/** A revocation list of an authority made by {@link makeAuthority}, PEM. */
export function revocationList(folder: string, { at, reason, issuer = 'root' }: RevocationOptions): Buffer {
  const index = join(folder, 'index.txt')
  const before = readFileSync(index, 'utf8')
  const date = at === undefined ? '' : `${asn1Time(at).slice(2)}${reason === undefined ? '' : `,${reason}`}`
  const revoked = before.replace(/^V\t(\S+)\t\t(.*CN=Test leaf.*)$/m, `R\t$1\t${date}\t$2`)
  writeFileSync(index, at === undefined ? before : revoked)
  const signer = ['-cert', `${issuer}.crt`, '-keyfile', `${issuer}.key`]
  openssl(folder, 'ca', '-config', 'openssl.cnf', '-gencrl', '-crldays', '30', ...signer, '-out', 'list.crl')
  writeFileSync(index, before)
  return readFileSync(join(folder, 'list.crl'))
}

/** Runs openssl in a folder; gives its standard output. Throws when it fails. */
export function openssl(folder: string, ...args: readonly string[]): Buffer {
  return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
}

interface CertificateOptions {
  readonly from: Date
  readonly until: Date
  readonly extensions: readonly string[]
}

function issue(
  folder: string,
  name: string,
  issuer: string,
  key: AuthorityOptions['key'] = 'ec',
  { from, until, extensions }: CertificateOptions,
): void {
  const made = key === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048']
  const subject = `/O=Restitute tests/CN=Test ${name} ${folder.slice(-6)}`
  const request = [
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    subject,
    '-config',
    'openssl.cnf',
  ]
  openssl(folder, 'req', '-newkey', ...made, '-nodes', ...request)
  writeFileSync(join(folder, `${name}.ext`), `${extensions.join('\n')}\n`)
  const signer = issuer === name ? ['-selfsign'] : ['-cert', `${issuer}.crt`]
  const dates = ['-startdate', asn1Time(from), '-enddate', asn1Time(until)]
  const files = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`]
  openssl(
    folder,
    ...['ca', '-config', 'openssl.cnf', '-batch', '-notext', '-keyfile', `${issuer}.key`],
    ...signer,
    ...dates,
    ...files,
  )
}

/** `20261122101500Z` */
export function asn1Time(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
}

function configuration(folder: string, digests: string): string {
  return `
[req]
distinguished_name = none
[none]
[ca]
default_ca = tests
[tests]
database = ${folder}/index.txt
new_certs_dir = ${folder}/issued
serial = ${folder}/serial
default_md = sha256
policy = anything
unique_subject = no
[anything]
organizationName = optional
commonName = supplied
[tsa]
default_tsa = stamps
[stamps]
serial = ${folder}/stamp-serial
signer_cert = ${folder}/leaf.crt
signer_key = ${folder}/leaf.key
certs = ${folder}/chain.crt
signer_digest = sha256
default_policy = 1.3.6.1.4.1.55555.1
digests = ${digests}
accuracy = secs:1
ess_cert_id_alg = sha256
`
}
