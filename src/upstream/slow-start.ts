import type { Clock, Timer } from '../base/clock.js'
import type { Target } from './target.js'

export interface SlowStartRules {
  /** Milliseconds until a target has its full weight again. */
  readonly window: number
  /** 1 = the share grows evenly; greater = faster at first; less = slower at first. */
  readonly aggression: number
}

/** Share of its weight that a target has at least, so that it is seen to work at all. */
const LEAST = 0.1
/** Steps in which the share grows. */
const STEPS = 20

/**
 * Gives targets that come back, or join others, their weight little by little, so that cold caches and lazy connections are not
 * met by a full share of the traffic. The share after time t is max(10 %, (t / window) ^ (1 / aggression)). Source: Envoy.
 */
export class SlowStart {
  readonly #rules: SlowStartRules
  readonly #clock: Clock
  readonly #warming = new Map<Target, Timer>()

  constructor (rules: SlowStartRules, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
  }

  /** Begins anew for this target. */
  begin (target: Target): void {
    this.#warming.get(target)?.cancel()
    target.warm(LEAST)
    this.#step(target, this.#clock.now())
  }

  /** Ends it for this target. */
  end (target: Target): void {
    this.#warming.get(target)?.cancel()
    this.#warming.delete(target)
    target.warm(1)
  }

  stop (): void {
    for (const target of [...this.#warming.keys()]) this.end(target)
  }

  #step (target: Target, since: number): void {
    const { window, aggression } = this.#rules
    this.#warming.set(target, this.#clock.after(window / STEPS, () => {
      const passed = (this.#clock.now() - since) / window
      if (passed >= 1) {
        this.end(target)
        return
      }
      target.warm(Math.max(LEAST, passed ** (1 / aggression)))
      this.#step(target, since)
    }))
  }
}
