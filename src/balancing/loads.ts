import type { Candidate, NonEmpty, PickContext } from './strategy.js'

/**
 * What each candidate of a list has to bear. Pickers that compare take the lowest load / weight. They do so
 * without the division, whose rounding would break ties.
 */
export interface Loads {
  /** Begins a comparison: of those at two places, or without them of all. What `of` gives holds until the next call. */
  begin (context: PickContext, first?: number, second?: number): void
  of (candidate: Candidate, place: number): number
}

/** What a picker that compares has to say of each candidate: load / weight. */
export function scores (candidates: NonEmpty<Candidate>, loads: Loads, context: PickContext): number[] {
  loads.begin(context)
  return candidates.map((candidate, place) => loads.of(candidate, place) / candidate.weight)
}
