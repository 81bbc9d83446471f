import type { Loads } from './loads.js'
import { Scan } from './scan.js'
import type { Candidate, NonEmpty, Picker } from './strategy.js'
import type { Turn } from './turn.js'
import { TwoChoices } from './two-choices.js'
import { UniformDraw } from './uniform-draw.js'

/** Up to so many candidates all are compared: of two, a random pair picked with repetition would take the worse one in four times. */
const SCAN_LIMIT = 8

/**
 * Picks the lowest load / weight: small pools are scanned in turn, larger ones compare two at random.
 * @param turn outlives the picker, so that a rebuild goes on where the last one stopped.
 */
export function leastLoaded<T extends Candidate> (candidates: NonEmpty<T>, loads: Loads, turn: Turn): Picker<T> {
  return candidates.length <= SCAN_LIMIT
    ? new Scan(candidates, loads, turn)
    : new TwoChoices(candidates, loads, new UniformDraw(candidates.length))
}
