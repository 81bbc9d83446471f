import { Agent } from 'node:http'
import type { Random } from '../../src/base/random.js'
import { exchangeKinds, type ExchangeKind, type Place } from './exchanges.js'

/** Milliseconds between two looks at the clock. */
const TICK = 4
/** So many that no request waits for another. */
const MAX_SOCKETS = 512

/** Exchanges of all kinds, each with an id of its own, at a rate that does not depend on how they fare. */
export class MixedLoad {
  /** How often each kind of failure was seen, as `large GET: status 502`. */
  readonly failures = new Map<string, number>()
  readonly #place: Place
  readonly #rate: number
  readonly #random: Random
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #since = 0
  #sent = 0
  #failed = 0

  /** @param rate exchanges per second. */
  constructor (url: string, rate: number, random: Random) {
    this.#place = { url: new URL(url), agent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS }) }
    this.#rate = rate
    this.#random = random
  }

  get sent (): number { return this.#sent }
  get failed (): number { return this.#failed }

  start (): void {
    this.#since = Date.now()
    this.#timer = setInterval(() => {
      while (this.#since + this.#sent * 1000 / this.#rate <= Date.now()) this.#send()
    }, TICK)
  }

  /** Sends no more, waits for the last answer, and leaves. */
  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
    this.#place.agent.destroy()
  }

  #send (): void {
    const kind = this.#choose()
    const exchange = kind.run(this.#place, `m${++this.#sent}`).then(wrong => {
      this.#underWay.delete(exchange)
      if (wrong === null) return
      this.#failed++
      const failure = `${kind.name}: ${wrong}`
      this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1)
    })
    this.#underWay.add(exchange)
  }

  #choose (): ExchangeKind {
    let left = this.#random() * 100
    const chosen = exchangeKinds.find(({ share }) => (left -= share) < 0) ?? exchangeKinds[0]
    if (chosen === undefined) throw new RangeError('there is no kind of exchange')
    return chosen
  }
}
