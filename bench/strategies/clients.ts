import type { Random } from '../../src/base/random.js'
import type { ScenarioLoad } from '../../src/simulation/scenario.js'
import { zipf } from '../../src/simulation/zipf.js'

/** The field by which requests can be hashed. */
const KEY_FIELD = 'x-key'

/**
 * Who sends the requests. All have one address, so they are told apart by `x-key`: it is drawn by the scenario's law, or is
 * the client's own number where the scenario has none. Each keeps the cookies that it is given.
 */
export class Clients {
  readonly #count: number
  readonly #random: Random
  readonly #drawKey: (() => number) | null
  /** By client; values by cookie name. */
  readonly #cookies = new Map<number, Map<string, string>>()

  constructor (count: number, keys: ScenarioLoad['keys'], random: Random) {
    this.#count = count
    this.#random = random
    this.#drawKey = keys === null ? null : zipf(keys.count, keys.skew, random)
  }

  /** Any one of them: who has the key that is drawn, or else each as likely as the other. */
  any (): number {
    return this.#drawKey?.() ?? Math.floor(this.#random() * this.#count)
  }

  /** The key of this client's next request. */
  key (client: number): number {
    return this.#drawKey?.() ?? client
  }

  /** What a request of this client carries. */
  fields (client: number, key: number): Record<string, string> {
    const cookies = this.#cookies.get(client)
    return {
      [KEY_FIELD]: String(key),
      ...(cookies === undefined ? {} : { cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ') })
    }
  }

  /** @param cookie the value of a Set-Cookie field; its attributes are not looked at. */
  keep (client: number, cookie: string): void {
    const pair = /^\s*([^=;]+)=([^;]*)/.exec(cookie)
    if (pair?.[1] === undefined || pair[2] === undefined) return
    const cookies = this.#cookies.get(client) ?? new Map<string, string>()
    this.#cookies.set(client, cookies.set(pair[1], pair[2]))
  }
}
