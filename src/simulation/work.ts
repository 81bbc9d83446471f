import type { Random } from '../base/random.js'
import type { ScenarioTarget } from './scenario.js'
import { serviceTimes } from './service-time.js'

/** What a target does for its requests: how long each takes and how it ends. */
export interface Work {
  /** Draws the work of the next request. @returns milliseconds, before what slows the target down. */
  draw (): number
  /** Of the request drawn last: the status of its answer. */
  readonly status: number
  /** Of the request drawn last: does what slows the target down slow it, too? */
  readonly elastic: boolean
}

/** No answer comes sooner, in milliseconds: clients that ask again at once would do so without time going on. */
const LEAST = 0.05

/** The work of a scenario's target: service times by its distribution, and a share of failures. */
export class ScenarioWork implements Work {
  readonly #failures: ScenarioTarget['failures']
  readonly #serviceTime: () => number
  readonly #random: Random
  status = 200
  elastic = true

  constructor ({ serviceTime, failures }: Pick<ScenarioTarget, 'serviceTime' | 'failures'>, random: Random) {
    this.#failures = failures
    this.#serviceTime = serviceTimes(serviceTime, random)
    this.#random = random
  }

  draw (): number {
    const failures = this.#failures
    this.elastic = failures === null || this.#random() >= failures.share
    this.status = this.elastic || failures === null ? 200 : failures.status
    return Math.max(LEAST, this.elastic || failures === null ? this.#serviceTime() : failures.after)
  }
}
