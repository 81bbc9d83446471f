import type { Agenda } from './agenda.js'
import type { Model } from './model.js'
import { randomStream } from './random-streams.js'
import type { RunOptions } from './run-options.js'
import type { ScenarioEvent } from './scenario.js'
import { SimulatedProxy } from './simulated-proxy.js'
import { SimulatedTarget } from './simulated-target.js'

/** Uses of chance, apart from those of `Simulation`; those of the targets come last. */
const PROXIES = 10
const SUBSETS = 11
const FIRST_TARGET = 12

/** The targets and the proxies in front of them; makes happen what a scenario says of them. */
export class Fleet {
  readonly targets: readonly SimulatedTarget[]
  readonly proxies: readonly SimulatedProxy[]
  readonly #options: RunOptions
  readonly #agenda: Agenda
  readonly #killed: (target: SimulatedTarget) => void

  /** @param killed called when a process has ended, before the proxies hear of it. */
  constructor (model: Model, options: RunOptions, agenda: Agenda, killed: (target: SimulatedTarget) => void) {
    const { seed, pool, strategy, budget } = options
    this.#options = options
    this.#agenda = agenda
    this.#killed = killed
    this.targets = model.targets.map(({ url, nature, work }, index) => {
      const random = randomStream(seed, FIRST_TARGET + index)
      return new SimulatedTarget(index + 1, `pool/${url}`, nature, work(random), random)
    })
    const random = randomStream(seed, PROXIES)
    this.proxies = Array.from({ length: options.proxies }, () => new SimulatedProxy({
      strategy: strategy(), pool, budget: budget === null ? null : budget(agenda), clock: agenda, random
    }))
    this.#reconcile()
  }

  /** @param horizon milliseconds of the whole run. */
  play (event: ScenarioEvent, horizon: number): void {
    const target = this.targets[event.target - 1]
    if (target === undefined) return
    const now = this.#agenda.now()
    switch (event.action) {
      case 'kill': return this.#kill(target, now)
      case 'restart': return this.#start(target, now)
      case 'join': return this.#join(target, now)
      case 'leave': return this.#leave(target)
      case 'fail': return target.fail(true)
      case 'heal': return target.fail(false)
      case 'slow': return target.slow(event.factor, now, event.over * horizon)
    }
  }

  #kill (target: SimulatedTarget, now: number): void {
    target.kill(now)
    this.#killed(target)
    for (const proxy of this.proxies) proxy.targetChanged(target)
  }

  #start (target: SimulatedTarget, now: number): void {
    target.start(now)
    for (const proxy of this.proxies) proxy.targetChanged(target)
  }

  #join (target: SimulatedTarget, now: number): void {
    target.start(now)
    target.pooled = true
    this.#reconcile()
  }

  #leave (target: SimulatedTarget): void {
    target.pooled = false
    this.#reconcile()
  }

  #reconcile (): void {
    const pooled = this.targets.filter(target => target.pooled)
    // The same draws each time: a proxy keeps what it can of its subset.
    const chosen = this.#options.subsets?.(this.proxies.length, pooled.length, randomStream(this.#options.seed, SUBSETS))
    for (const [number, proxy] of this.proxies.entries()) {
      proxy.reconcile(chosen === undefined ? pooled : (chosen[number] ?? []).flatMap(index => pooled[index] ?? []))
    }
  }
}
