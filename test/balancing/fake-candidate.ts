import type { Candidate, NonEmpty, PickContext, RequestView } from '../../src/balancing/strategy.js'
import { seededRandom } from '../../src/base/random.js'

/** A candidate whose load the test holds in its hand. */
export class FakeCandidate implements Candidate {
  inflight = 0
  constructor (readonly id: string, public weight = 1) {}
}

/** One candidate per weight: `t0`, `t1`, … */
export function candidates (...weights: readonly number[]): NonEmpty<FakeCandidate> {
  return nonEmpty(weights.map((weight, i) => new FakeCandidate(`t${i}`, weight)))
}

/** `count` candidates of one weight. */
export function equals (count: number, weight = 1): NonEmpty<FakeCandidate> {
  return candidates(...new Array<number>(count).fill(weight))
}

export function nonEmpty<T> (list: readonly T[]): NonEmpty<T> {
  const [first, ...rest] = list
  if (first === undefined) throw new RangeError('the list is empty')
  return [first, ...rest]
}

/** A request's context: another client with each use of `request`, time stands still. */
export function context (seed = 1): PickContext {
  const random = seededRandom(seed)
  let count = 0
  return { random, now: () => 0, get request () { return requestFrom(`10.0.${count >> 8 & 255}.${count++ & 255}`) } }
}

/** The context of requests that are all alike. */
export function contextOf (request: Partial<RequestView> & { readonly headers?: Readonly<Record<string, string>> }, random: () => number = seededRandom(1)): PickContext {
  return { random, now: () => 0, request: { ...requestFrom(null), ...request, header: name => request.headers?.[name] } }
}

function requestFrom (clientAddress: string | null): RequestView {
  return { method: 'GET', path: '/', clientAddress, header: () => undefined }
}

/** How often each was picked, in the order of `list`. */
export function tally<T> (list: readonly T[], picks: Iterable<T>): number[] {
  const counts = new Map(list.map(candidate => [candidate, 0]))
  for (const pick of picks) counts.set(pick, (counts.get(pick) ?? 0) + 1)
  return [...counts.values()]
}

/** Chi-square of counts against shares in proportion to `weights`. */
export function chiSquare (counts: readonly number[], weights: readonly number[]): number {
  const picks = counts.reduce((sum, count) => sum + count, 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return counts.reduce((sum, count, i) => {
    const expected = picks * (weights[i] ?? 0) / total
    return sum + (count - expected) ** 2 / expected
  }, 0)
}
