import { Type, type Static } from '../base/type.js'
import { hashText, stir } from './hash.js'
import { originOf } from './origin.js'
import { parseRequestKey, type RequestKey } from './request-key.js'
import type { Candidate, NonEmpty, PickContext, Picker, RequestView, Strategy, StrategyKind } from './strategy.js'

/** What the hashing goes by where the config is silent. */
const defaults = { key: 'ip', boundedLoad: 1.25 } as const

const schema = Type.Object({
  key: Type.Optional(Type.String({
    check: 'request-key',
    default: defaults.key,
    description: 'What requests are told apart by: "ip", "path", "header:NAME", "cookie:NAME", "query:NAME" or a template of them such as "{header:x-tenant}/{path}". Requests without it go by the client\'s address.'
  })),
  boundedLoad: Type.Optional(Type.Union([Type.Number({ minimum: 1, maximum: 1000 }), Type.Literal(false)], {
    default: defaults.boundedLoad,
    expects: 'a number from 1 to 1000 or false',
    description: 'How many times its share of the requests under way a target may have before others of the same key go to the next one. false = any number.'
  }))
}, { additionalProperties: false })

type ConsistentHashInput = Static<typeof schema>

/** Two halves of a candidate's seed are hashed from one text. */
const OTHER_BASIS = 0x9E3779B9
/** What a key's lot is stirred with: it tells nothing of the target that the key chooses. */
const LOT_SEED = 0x3C6EF372
const RANGE = 2 ** 32
const LOWEST_HASH = -(2 ** 31)

/**
 * The same target for the same key, for as long as it is there: rendezvous hashing (D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit
 * Rates", IEEE/ACM ToN 6(1), 1998). Each pair of key and target has a number drawn by a hash, and the lowest wins: a target that leaves
 * gives up its own keys and no others, one that comes takes its share from all. Numbers are drawn as -ln(u) / weight, which makes
 * the shares follow the weights (C. Schindelhauer, G. Schomaker, "Weighted Distributed Hash Tables", SPAA 2005). All depends on the keys,
 * origins and weights alone, so proxies that do not know of each other agree.
 *
 * With bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018; HAProxy's `hash-balance-factor`)
 * a target that has its fill is passed over for the next in the key's own order.
 */
export class ConsistentHash implements Strategy {
  readonly #key: RequestKey
  readonly #boundedLoad: number

  /** @param boundedLoad how many times its share of the requests under way a target may have; Infinity = any number. */
  constructor (key: RequestKey, boundedLoad: number) {
    this.#key = key
    this.#boundedLoad = boundedLoad
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return new Rendezvous(eligible, this.#key, this.#boundedLoad)
  }
}

/** Candidates of one weight, up to this index: among them the highest hash is the lowest number, without a logarithm for each. */
interface Stretch {
  readonly weight: number
  readonly end: number
}

class Rendezvous<T extends Candidate> implements Picker<T> {
  /** As they were given. */
  readonly #given: NonEmpty<T>
  /** Those of one weight side by side. */
  readonly #candidates: readonly T[]
  readonly #stretches: readonly Stretch[]
  readonly #seeds: Int32Array
  readonly #factors: Int32Array
  readonly #key: RequestKey
  readonly #boundedLoad: number
  readonly #totalWeight: number

  constructor (given: NonEmpty<T>, key: RequestKey, boundedLoad: number) {
    this.#given = given
    this.#key = key
    this.#boundedLoad = boundedLoad
    this.#candidates = given.every(({ weight }) => weight === given[0].weight) ? given : [...given].sort((a, b) => a.weight - b.weight)
    this.#stretches = stretches(this.#candidates)
    this.#seeds = Int32Array.from(this.#candidates, seed)
    this.#factors = Int32Array.from(this.#candidates, factor)
    this.#totalWeight = given.reduce((sum, { weight }) => sum + weight, 0)
  }

  pick (context: PickContext): T {
    // A client that can't be told from others is given a key by chance, and so a target by weight.
    const key = this.#keyOf(context.request) ?? Math.floor(context.random() * RANGE) | 0
    const first = this.#lowest(key, Infinity)
    // Whoever has nothing has room: in a large pool that saves the sum over all.
    if (first.inflight === 0 || this.#boundedLoad === Infinity) return first
    const fill = this.#fillPerWeight()
    return first.inflight < fill * first.weight ? first : this.#lowest(key, fill)
  }

  scores ({ request }: PickContext): ReadonlyArray<number | null> {
    const key = this.#keyOf(request)
    const fill = this.#fillPerWeight()
    return this.#given.map(candidate => {
      if (key === null || candidate.inflight >= fill * candidate.weight) return null
      return numberOf(drawn(key, seed(candidate), factor(candidate)), candidate.weight)
    })
  }

  lot ({ request }: PickContext): number | null {
    const key = this.#keyOf(request)
    return key === null ? null : (stir(key ^ LOT_SEED) - LOWEST_HASH) / RANGE
  }

  #keyOf (request: RequestView): number | null {
    const key = this.#key(request) ?? request.clientAddress
    return key === null ? null : hashText(key)
  }

  /**
   * Requests under way for each unit of weight, the new one counted, at which a candidate has its fill. A candidate has room if
   * inflight + 1 <= ceil(c * (total + 1) * its share); with whole numbers that is inflight < c * (total + 1) * its share. One always has room, as c >= 1.
   */
  #fillPerWeight (): number {
    if (this.#boundedLoad === Infinity) return Infinity
    let total = 0
    for (const candidate of this.#candidates) total += candidate.inflight
    return this.#boundedLoad * (total + 1) / this.#totalWeight
  }

  /** The candidate with the lowest number, of those with room. */
  #lowest (key: number, fill: number): T {
    const single = this.#stretches.length === 1
    let chosen = 0
    let lowest = Infinity
    let from = 0
    for (const { weight, end } of this.#stretches) {
      const index = this.#highest(key, from, end, fill * weight)
      from = end
      if (index === -1) continue
      if (single) return this.#candidates[index] ?? this.#given[0]
      const number = numberOf(drawn(key, this.#seeds[index] ?? 0, this.#factors[index] ?? 1), weight)
      if (number < lowest) {
        lowest = number
        chosen = index
      }
    }
    return this.#candidates[chosen] ?? this.#given[0]
  }

  /** Index of the highest hash from one index to another, of those with less than `fill` under way; -1 if none has. */
  #highest (key: number, from: number, end: number, fill: number): number {
    const seeds = this.#seeds
    const factors = this.#factors
    let best = -1
    let highest = LOWEST_HASH
    for (let i = from; i < end; i++) {
      // `drawn`, written out: called from here it makes the loop half as slow again.
      const hash = stir(Math.imul(key ^ (seeds[i] ?? 0), factors[i] ?? 1))
      if (hash < highest || (hash === highest && best !== -1 && (seeds[i] ?? 0) >= (seeds[best] ?? 0))) continue
      if (fill !== Infinity && (this.#candidates[i]?.inflight ?? 0) >= fill) continue
      highest = hash
      best = i
    }
    return best
  }
}

function stretches (candidates: readonly Candidate[]): Stretch[] {
  return candidates.flatMap(({ weight }, index) => weight === candidates[index + 1]?.weight ? [] : [{ weight, end: index + 1 }])
}

function seed (candidate: Candidate): number {
  return hashText(originOf(candidate))
}

/** The other half of the seed, odd to lose nothing: two candidates of one seed are still told apart. */
function factor (candidate: Candidate): number {
  return hashText(originOf(candidate), OTHER_BASIS) | 1
}

/** The hash of a pair: a signed integer of 32 bits. */
function drawn (key: number, seed: number, factor: number): number {
  return stir(Math.imul(key ^ seed, factor))
}

/** The number of a pair: exponentially distributed, so that the lowest of several falls to each as often as its weight says. */
function numberOf (hash: number, weight: number): number {
  return -Math.log((hash - LOWEST_HASH + 0.5) / RANGE) / weight
}

export const consistentHash: StrategyKind<ConsistentHashInput> = {
  name: 'consistent-hash',
  schema,
  create: ({ key = defaults.key, boundedLoad = defaults.boundedLoad }) =>
    new ConsistentHash(parseRequestKey(key), boundedLoad === false ? Infinity : boundedLoad)
}
