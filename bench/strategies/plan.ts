import type { Scenario } from '../../src/simulation/scenario.js'
import { WARM_UP, type Experiment } from './measure.js'

/** Seconds that all runs may take together where nobody asks for a duration. */
const BUDGET = 120
/** Seconds that a run takes beside its duration: processes start, warm up and end. */
const OVERHEAD = WARM_UP + 1.2
/** Seconds of a run and number of rounds that are chosen where nobody asks for them. */
const SHORTEST = 2
const LONGEST = 5
const ROUNDS = 3

/** What is asked for; the rest is chosen. */
export interface Wish {
  readonly scenarios: readonly Scenario[]
  readonly strategies: readonly string[]
  /** Seconds of each run. */
  readonly duration?: number | undefined
  readonly rounds?: number | undefined
}

/** What will be done. */
export interface Plan {
  readonly duration: number
  readonly rounds: number
  /** By scenario, then by round: the strategies take turns. */
  readonly experiments: readonly Experiment[]
}

/** Without a duration the runs together take about two minutes, unless there are so many that the shortest take longer: then rounds are the first to go. */
export function plan ({ scenarios, strategies, ...wish }: Wish): Plan {
  const each = scenarios.length * strategies.length
  const fitting = (rounds: number): number => Math.floor(BUDGET / (each * rounds) - OVERHEAD)
  const rounds = wish.rounds ?? (wish.duration !== undefined || fitting(ROUNDS) >= SHORTEST ? ROUNDS : 1)
  const duration = wish.duration ?? Math.max(SHORTEST, Math.min(LONGEST, fitting(rounds)))
  const experiments = scenarios.flatMap(scenario => Array.from({ length: rounds }, (_, index) => index + 1)
    .flatMap(round => strategies.map(strategy => ({ scenario, strategy, round }))))
  return { duration, rounds, experiments }
}

/** Seconds that so many runs will take, about. */
export function estimate (runs: number, duration: number): number {
  return runs * (duration + OVERHEAD)
}
