import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { ConfigFault } from '../base/errors.js'
import { entries, isRecord, placeText, type Place } from './place.js'

const PEM = '-----BEGIN '
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Reads the PEM files that pools name, and checks what is in them. */
export class TlsFiles {
  readonly faults: ConfigFault[] = []
  readonly #directory: string
  readonly #texts = new Map<string, string>()

  /** @param directory what relative paths are relative to; '' = the working directory. */
  constructor (directory: string) {
    this.#directory = directory
  }

  /** Reads all that a document of any form names; what is wrong is in `faults` afterwards. */
  readAll (document: unknown): void {
    for (const [name, pool] of entries(isRecord(document) ? document['pools'] : undefined)) {
      const tls = isRecord(pool) ? pool['tls'] : undefined
      if (isRecord(tls)) this.#readPool(tls, ['pools', name, 'tls'])
    }
  }

  /** The PEM text that a value of the config stands for. `readAll` has been there before. */
  text (value: string): string {
    return this.#texts.get(value) ?? value
  }

  #readPool ({ ca, certificate, key }: Readonly<Record<string, unknown>>, place: Place): void {
    const authorities = this.#read(ca, [...place, 'ca'], checkCertificates)
    const chain = this.#read(certificate, [...place, 'certificate'], checkCertificates)
    const secret = this.#read(key, [...place, 'key'], createPrivateKey)
    if (chain === null || secret === null) return
    this.#check([...place, 'key'], () => createSecureContext({ cert: chain, key: secret, ...(authorities === null ? {} : { ca: authorities }) }))
  }

  #read (value: unknown, place: Place, check: (text: string) => unknown): string | null {
    if (typeof value !== 'string' || value === '') return null
    const text = value.startsWith(PEM) ? value : this.#file(value, place)
    if (text === null) return null
    this.#texts.set(value, text)
    return this.#check(place, () => check(text)) ? text : null
  }

  #file (path: string, place: Place): string | null {
    try {
      return readFileSync(resolve(this.#directory, path), 'utf8')
    } catch (error) {
      this.#fault(place, `cannot read ${JSON.stringify(path)}: ${reason(error)}`)
      return null
    }
  }

  #check (place: Place, check: () => unknown): boolean {
    try {
      check()
      return true
    } catch (error) {
      this.#fault(place, `cannot be used: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }

  #fault (place: Place, message: string): void {
    this.faults.push({ path: placeText(place), message })
  }
}

/** In words, without the file's absolute path. */
export function reason (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT': return 'there is no such file'
    case 'EACCES': return 'permission denied'
    case 'EISDIR': return 'it is a directory'
    default: return error instanceof Error ? error.message : String(error)
  }
}

function checkCertificates (text: string): void {
  const blocks = text.match(BLOCK)
  if (blocks === null) throw new TypeError('there is no PEM certificate in it')
  for (const block of blocks) new X509Certificate(block) // eslint-disable-line no-new -- it throws for what is none
}
