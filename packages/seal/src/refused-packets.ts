import * as openpgp from 'openpgp'

const { aeadEncryptedData, compressedData, symEncryptedIntegrityProtectedData, symmetricallyEncryptedData } =
  openpgp.enums.packet

/**
 * Packets that have no place inside a streamed message of ours: encryption inside encryption, and compression
 * (ours have none, and it could swell without bound). The library refuses the former by itself, but in a stream
 * it then waits for ever for somebody to read them: these read to the end and refuse after that.
 */
export const refusedInside: openpgp.Config['additionalAllowedPackets'] = [
  compressedData,
  symmetricallyEncryptedData,
  symEncryptedIntegrityProtectedData,
  aeadEncryptedData,
].map(refused)

function refused(tag: openpgp.enums.packet): (typeof refusedInside)[number] {
  return class {
    static readonly tag: openpgp.enums.packet = tag

    async read(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
      if (!(content instanceof Uint8Array)) for await (const _ of content);
      throw new Error(`packet ${tag} inside an encrypted message`)
    }
  }
}
