import type { FailureCode } from '../base/errors.js'
import type { ExchangeRecord } from '../proxy/exchange-record.js'
import type { RouteObserver } from '../proxy/route-observer.js'
import { statusClass } from '../upstream/target-counts.js'
import type { Target } from '../upstream/target.js'
import { DURATION_BUCKETS, type RouteSnapshot } from './snapshot.js'

type Answers = [number, number, number, number, number, number]

const CLASSES = [[1, '1xx'], [2, '2xx'], [3, '3xx'], [4, '4xx'], [5, '5xx']] as const

/** What was counted of one route, over all configs that have it. */
export class RouteStatistics implements RouteObserver {
  inflight = 0
  /** Milliseconds, of all together. */
  durationSum = 0
  /** Requests that did not end with a whole response, by what went wrong last. */
  readonly failures = new Map<FailureCode, number>()
  readonly #buckets: number[] = new Array<number>(DURATION_BUCKETS.length + 1).fill(0)
  /** By the first digit of the status. A target that is gone takes its numbers with it; what ends after that is counted with what reached none. */
  readonly #byTarget = new WeakMap<Target, Answers>()
  readonly #unreached: Answers = [0, 0, 0, 0, 0, 0]

  /** In each bucket of `DURATION_BUCKETS`, the last one without bound. */
  get buckets (): readonly number[] {
    return [...this.#buckets]
  }

  began (): void {
    this.inflight++
  }

  ended (exchange: ExchangeRecord): void {
    this.inflight--
    const { target, outcome, error, startedAt } = exchange
    this.#answers(target)[statusClass(exchange.status)]++
    // An error that a retry has mended is none of the client's.
    if (error !== null && outcome !== 'response' && outcome !== 'tunnel') this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1)
    // A tunnel has its answer when it begins; how long it stood is nobody's waiting time.
    const took = (outcome === 'tunnel' ? exchange.headAt : exchange.endedAt) - startedAt
    this.durationSum += took
    const bucket = bucketOf(took)
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  /** How its requests ended on each of these targets, and without any; what did not happen is left out. */
  requests (targets: readonly Target[]): RouteSnapshot['requests'] {
    const reached = targets.flatMap(target => answered(target.url, this.#byTarget.get(target)))
    return [...reached, ...answered('', this.#unreached)]
  }

  #answers (target: Target | null): Answers {
    // Nobody is shown the numbers of one that has left: what ends there now would be counted nowhere.
    if (target === null || target.left) return this.#unreached
    let answers = this.#byTarget.get(target)
    if (answers === undefined) this.#byTarget.set(target, answers = [0, 0, 0, 0, 0, 0])
    return answers
  }
}

function bucketOf (milliseconds: number): number {
  let bucket = 0
  while (bucket < DURATION_BUCKETS.length && milliseconds > (DURATION_BUCKETS[bucket] ?? 0)) bucket++
  return bucket
}

function answered (target: string, answers: Answers | undefined): RouteSnapshot['requests'] {
  if (answers === undefined) return []
  return CLASSES.filter(([digit]) => answers[digit] > 0).map(([digit, status]) => ({ target, status, count: answers[digit] }))
}
