import type { Clock, Timer } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { Outcome } from '../upstream/outcome.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import { FailureWindow } from './failure-window.js'
import type { PassiveHealth } from './passive-health.js'

/** Share by which an ejection is made longer or shorter at random, so that targets do not all come back in one moment. */
const JITTER = 0.1
/** What a gateway says when the service behind it fails. A 500 is the service's own word and may be meant. */
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504])

/** Hears of ejections. */
export interface EjectionObserver {
  /** @param ms for how long. */
  onEject (target: Target, reason: string, ms: number): void
  onReturn (target: Target): void
}

export interface PassiveDetectorOptions {
  readonly rules: PassiveHealth
  readonly pool: Pool
  readonly clock: Clock
  readonly random: Random
  readonly observer: EjectionObserver
}

interface Record {
  consecutive: number
  readonly window: FailureWindow | null
  /** How often it has been ejected lately: each time for longer. */
  ejections: number
  /** When it came back last, in clock ms. */
  returnedAt: number
  timer: Timer | null
}

/**
 * Judges targets by the traffic itself: one that fails again and again is ejected for a while, for longer each time, but never
 * more than a share of the pool and never its last. Failures of the client's making do not count. It is the judge `passive`.
 *
 * Source: Envoy's outlier detection.
 */
export class PassiveDetector {
  readonly #options: PassiveDetectorOptions
  readonly #records = new Map<Target, Record>()

  constructor (options: PassiveDetectorOptions) {
    this.#options = options
  }

  /** Targets that are out now. */
  get ejected (): readonly Target[] {
    return [...this.#records].filter(([, record]) => record.timer !== null).map(([target]) => target)
  }

  /** A lease has ended. */
  observe (target: Target, outcome: Outcome): void {
    if (outcome.kind === 'cancelled') return
    const failed = outcome.kind === 'failure' || GATEWAY_FAILURES.has(outcome.status)
    const record = this.#recordOf(target)
    if (record.timer !== null) return
    const { rules, clock } = this.#options
    const rate = record.window?.add(failed, clock.now()) ?? null
    record.consecutive = failed ? record.consecutive + 1 : 0
    if (!failed) return
    if (rules.consecutiveFailures > 0 && record.consecutive >= rules.consecutiveFailures) {
      this.#eject(target, record, `${record.consecutive} failures in a row, the last: ${named(outcome)}`)
    } else if (rate !== null) {
      this.#eject(target, record, `${Math.round(rate * 100)} % of its requests failed, the last: ${named(outcome)}`)
    }
  }

  /** The active check has brought a target up again: that is the better witness, so an ejection ends. */
  absolve (target: Target): void {
    const record = this.#records.get(target)
    if (record !== undefined && record.timer !== null) this.#restore(target, record)
  }

  /** Forgets targets that left the pool. */
  reconcile (): void {
    const { targets } = this.#options.pool
    for (const [target, record] of this.#records) {
      if (targets.includes(target)) continue
      record.timer?.cancel()
      this.#records.delete(target)
    }
  }

  /** Lifts every ejection. */
  stop (): void {
    for (const [target, record] of this.#records) {
      if (record.timer !== null) this.#restore(target, record)
    }
  }

  #recordOf (target: Target): Record {
    let record = this.#records.get(target)
    if (record === undefined) {
      const { failureRate } = this.#options.rules
      record = { consecutive: 0, window: failureRate === null ? null : new FailureWindow(failureRate), ejections: 0, returnedAt: -Infinity, timer: null }
      this.#records.set(target, record)
    }
    return record
  }

  #eject (target: Target, record: Record, reason: string): void {
    record.consecutive = 0
    record.window?.clear()
    if (!this.#mayEject(target)) return
    const { rules, clock, random, observer } = this.#options
    // Good conduct is rewarded: each time of the last ejection's length spent in service makes the next one shorter by a step.
    const steps = Math.floor((clock.now() - record.returnedAt) / (rules.ejection * Math.max(1, record.ejections)))
    record.ejections = Math.max(0, record.ejections - Math.min(steps, record.ejections)) + 1
    const length = Math.min(rules.ejection * record.ejections, rules.maxEjection) * (1 + JITTER * (2 * random() - 1))
    record.timer = clock.after(length, () => { this.#restore(target, record) })
    target.judge('passive', false)
    observer.onEject(target, reason, length)
  }

  /** Is there room for one more, and another target that serves? */
  #mayEject (target: Target): boolean {
    const { pool, rules } = this.#options
    if (!pool.targets.includes(target)) return false
    if (this.ejected.length + 1 > Math.floor(pool.targets.length * rules.maxEjectedShare)) return false
    return pool.targets.some(other => other !== target && other.healthy && other.weight > 0)
  }

  #restore (target: Target, record: Record): void {
    record.timer?.cancel()
    record.timer = null
    record.consecutive = 0
    record.returnedAt = this.#options.clock.now()
    target.judge('passive', true)
    this.#options.observer.onReturn(target)
  }
}

function named (outcome: Outcome): string {
  switch (outcome.kind) {
    case 'failure': return `${outcome.error.code} (${outcome.error.message})`
    case 'response': return `status ${outcome.status}`
    case 'cancelled': return 'cancelled'
  }
}
