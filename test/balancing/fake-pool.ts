import type { Flight, Follower, PickContext, Picker, Strategy } from '../../src/balancing/strategy.js'
import type { FakeCandidate } from './fake-candidate.js'

/** How a request ends. */
export interface Ending {
  /** Milliseconds from its beginning. */
  readonly after: number
  /** Default `answered`. `failed` stands for a 5xx as well. */
  readonly how?: 'answered' | 'failed' | 'abandoned'
}

interface UnderWay {
  readonly candidate: FakeCandidate
  readonly flight: Flight | null
  readonly endsAt: number
  readonly how: Ending['how']
}

/** Traffic on a virtual clock: counts requests under way and tells the strategy's followers of them, as a pool does. */
export class FakePool {
  now = 0
  readonly context: PickContext
  readonly #followers: Map<FakeCandidate, Follower | null>
  /** The one that ends next comes first. */
  readonly #underWay: UnderWay[] = []

  /** @param base gives requests and chance. */
  constructor (strategy: Strategy, candidates: readonly FakeCandidate[], base: PickContext) {
    this.#followers = new Map(candidates.map(candidate => [candidate, strategy.follow?.(candidate) ?? null]))
    this.context = { random: () => base.random(), now: () => this.now, get request () { return base.request } }
  }

  /** Picks, and begins a request on the one picked. */
  send (picker: Picker<FakeCandidate>, ending: (chosen: FakeCandidate) => Ending): FakeCandidate {
    const candidate = picker.pick(this.context)
    this.begin(candidate, ending(candidate))
    return candidate
  }

  /** Begins a request. */
  begin (candidate: FakeCandidate, { after, how }: Ending): void {
    candidate.inflight++
    const flight = this.#followers.get(candidate)?.began(this.now) ?? null
    const underWay = { candidate, flight, endsAt: this.now + after, how }
    let place = this.#underWay.length
    while (place > 0 && (this.#underWay[place - 1]?.endsAt ?? 0) > underWay.endsAt) place--
    this.#underWay.splice(place, 0, underWay)
  }

  /** Lets time pass: requests that end meanwhile end in order, each in its moment. */
  pass (milliseconds: number): void {
    const end = this.now + milliseconds
    for (let next = this.#underWay[0]; next !== undefined && next.endsAt <= end; next = this.#underWay[0]) {
      this.#underWay.shift()
      this.now = next.endsAt
      next.candidate.inflight--
      if (next.how === 'abandoned') next.flight?.abandoned(this.now)
      else next.flight?.answered(this.now, next.how === 'failed')
    }
    this.now = end
  }
}
