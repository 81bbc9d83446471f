import type { RequestView } from '../balancing/strategy.js'

/** Different addresses that clients have where nothing is known of them. */
const ADDRESSES = 2 ** 24

/** Who asks, by number, and what a strategy may see of the request. */
export interface Identities {
  address (identity: number): string | null
  path (identity: number): string
  /** Value of the field that carries the key; undefined = there is none. */
  key (identity: number): string | undefined
}

/** Those of a scenario: each has an address and a key of its own. */
export class ScenarioIdentities implements Identities {
  readonly #addresses: string[] = []
  readonly #keys: string[] = []

  address (identity: number): string {
    const number = identity % ADDRESSES
    const address = this.#addresses[number] ?? `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`
    this.#addresses[number] = address
    return address
  }

  path (): string {
    return '/'
  }

  key (identity: number): string {
    const key = this.#keys[identity] ?? String(identity)
    this.#keys[identity] = key
    return key
  }
}

/** The request that is looked at in the moment: one object for all. */
export class SimulatedView implements RequestView {
  readonly method = 'GET'
  readonly #identities: Identities
  readonly #cookies = new Map<number, string>()
  identity = 0

  constructor (identities: Identities) {
    this.#identities = identities
  }

  get path (): string { return this.#identities.path(this.identity) }
  get clientAddress (): string | null { return this.#identities.address(this.identity) }

  header (name: string): string | undefined {
    if (name === 'x-key') return this.#identities.key(this.identity)
    return name === 'cookie' ? this.#cookies.get(this.identity) : undefined
  }

  /** Keeps the cookie that a response sets, as its client would. @param fields names and values in turn. */
  keepCookie (fields: readonly string[]): void {
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i]?.toLowerCase() === 'set-cookie') this.#cookies.set(this.identity, fields[i + 1]?.split(';', 1)[0] ?? '')
    }
  }
}
