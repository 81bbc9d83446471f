import type { Clock } from '../../src/base/clock.js'
import type { Random } from '../../src/base/random.js'
import type { ScenarioTarget } from '../../src/simulation/scenario.js'
import { serviceTimes } from '../../src/simulation/service-time.js'

/** How a target answers that has been told to fail. */
const FAILURE = { after: 1, status: 500 }

type Answer = (status: number) => void

interface Ramp {
  readonly from: number
  readonly to: number
  /** Milliseconds of the clock. */
  readonly begun: number
  readonly over: number
}

/** The work of a scripted target: how long each request takes, what it is answered, and who waits for whom. */
export class Service {
  readonly #target: ScenarioTarget
  readonly #clock: Clock
  readonly #random: Random
  readonly #draw: () => number
  readonly #started: number
  readonly #waiting: Answer[] = []
  #working = 0
  #ramp: Ramp
  #failures: { readonly share: number, readonly after: number, readonly status: number } | null

  /** The process starts now, as far as `cold` goes. */
  constructor (target: ScenarioTarget, clock: Clock, random: Random) {
    this.#target = target
    this.#clock = clock
    this.#random = random
    this.#draw = serviceTimes(target.serviceTime, random)
    this.#started = clock.now()
    this.#ramp = { from: target.slowdown, to: target.slowdown, begun: this.#started, over: 0 }
    this.#failures = target.failures
  }

  /**
   * Takes a request.
   * @param answer called once with a status, when the work is done.
   * @returns what is to be called if the client leaves: work that has begun is done to its end, but answers nobody.
   */
  take (answer: Answer): () => void {
    if (this.#target.concurrency === 0 || this.#working < this.#target.concurrency) this.#work(answer)
    else this.#waiting.push(answer)
    return () => {
      const place = this.#waiting.indexOf(answer)
      if (place !== -1) this.#waiting.splice(place, 1)
    }
  }

  /** A new factor on the service time, reached evenly over so many milliseconds. */
  slow (factor: number, over: number): void {
    this.#ramp = { from: this.#slowdown(), to: factor, begun: this.#clock.now(), over }
  }

  fail (): void {
    this.#failures = { share: 1, ...FAILURE }
  }

  heal (): void {
    this.#failures = null
  }

  #work (answer: Answer): void {
    this.#working++
    const { status, after } = this.#outcome()
    this.#clock.after(after, () => {
      this.#working--
      const next = this.#waiting.shift()
      if (next !== undefined) this.#work(next)
      answer(status)
    }, true)
  }

  #outcome (): { status: number, after: number } {
    if (this.#failures !== null && this.#random() < this.#failures.share) return this.#failures
    // Other work takes its share of the processor: what is left does this work so much later.
    return { status: 200, after: this.#draw() * this.#slowdown() * this.#chill() / (1 - this.#target.busy) }
  }

  #slowdown (): number {
    const { from, to, begun, over } = this.#ramp
    const done = over === 0 ? 1 : Math.min(1, (this.#clock.now() - begun) / over)
    return from + (to - from) * done
  }

  #chill (): number {
    const { cold } = this.#target
    if (cold === null) return 1
    const warmth = Math.min(1, (this.#clock.now() - this.#started) / cold.for)
    return cold.slowdown + (1 - cold.slowdown) * warmth
  }
}
