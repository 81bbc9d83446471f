import type { Draw } from './draw.js'
import type { Candidate, NonEmpty } from './strategy.js'
import { UniformDraw } from './uniform-draw.js'
import { WeightedDraw } from './weighted-draw.js'

/** A draw in which each candidate is as likely as its weight says. */
export function drawByWeight (candidates: NonEmpty<Candidate>): Draw {
  const { weight } = candidates[0]
  return candidates.every(candidate => candidate.weight === weight)
    ? new UniformDraw(candidates.length)
    : new WeightedDraw(candidates.map(candidate => candidate.weight))
}
