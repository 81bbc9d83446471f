import type { Candidate, NonEmpty, Picker } from './strategy.js'

/** Cycles up to this long are remembered and replayed, which makes a pick O(1). */
const LONGEST_CYCLE = 1024
/** Carried credits are rounded to this fraction: sums of them and of whole weights are exact, so a closed cycle is seen as one. */
const GRAIN = 1024
/** Picks that a candidate may be owed, or owe, after it was away. A cycle of its own accord stays within about one. */
const MOST_OWED = 2

/** What one candidate has coming, in units of weight; `total` is the sum of weights that makes one pick of it. */
interface Account {
  weight: number
  credit: number
  total: number
}

/**
 * The books of smooth weighted round-robin: each pick credits every candidate with its weight, takes the one with most
 * credit and charges it the sum of all weights. Source: nginx, `ngx_http_upstream_get_peer`.
 *
 * One thing differs from nginx: credit is carried from one set of candidates to the next as a number of picks owed, not of
 * weight. Otherwise two light candidates would settle what they owe from the time beside a heavy one in very long runs.
 */
export class SmoothCredits {
  readonly #accounts = new WeakMap<Candidate, Account>()
  #active: SmoothPicker<Candidate> | null = null

  picker<T extends Candidate> (candidates: NonEmpty<T>): Picker<T> {
    return new SmoothPicker(candidates, this)
  }

  /** @internal Is `picker` the one that picked last, so that what it remembers still holds? */
  isActive (picker: SmoothPicker<Candidate>): boolean {
    return this.#active === picker
  }

  /** @internal Settles the books of the picker that was active and converts the accounts to the new one's total. */
  activate (picker: SmoothPicker<Candidate>, candidates: readonly Candidate[], total: number): Account[] {
    this.#active?.settle()
    this.#active = picker
    const known = candidates.map(candidate => this.#accounts.get(candidate)).filter(account => account !== undefined)
    // The newcomer is level with the others: owed nothing more than they are on average.
    const level = known.reduce((sum, account) => sum + account.credit / account.total, 0) / Math.max(1, known.length)
    return candidates.map(candidate => {
      let account = this.#accounts.get(candidate)
      if (account === undefined) {
        account = { weight: candidate.weight, credit: level, total: 1 }
        this.#accounts.set(candidate, account)
      }
      convert(account, total, level)
      account.weight = candidate.weight
      return account
    })
  }
}

function convert (account: Account, total: number, level: number): void {
  const owed = account.credit / account.total
  const bounded = Math.min(level + MOST_OWED, Math.max(level - MOST_OWED, owed))
  if (account.total === total && bounded === owed) return
  account.credit = Math.round(bounded * total * GRAIN) / GRAIN
  account.total = total
}

class SmoothPicker<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #credits: SmoothCredits
  readonly #total: number
  /** Picks after which whole weights come full circle; 0 if that is too long to remember or never. */
  readonly #cycleLength: number
  #accounts: readonly Account[] = []
  /** Credits at the start of the cycle that is being remembered or replayed. */
  #start: readonly number[] = []
  #cycle: number[] = []
  #replaying = false
  #position = 0

  constructor (candidates: NonEmpty<T>, credits: SmoothCredits) {
    this.#candidates = candidates
    this.#credits = credits
    this.#total = candidates.reduce((sum, { weight }) => sum + weight, 0)
    this.#cycleLength = cycleLength(candidates, this.#total)
  }

  pick (): T {
    if (!this.#credits.isActive(this)) this.#begin()
    const index = this.#replaying ? this.#replay() : this.#choose()
    return this.#candidates[index] ?? this.#candidates[0]
  }

  /** @internal Brings the accounts up to the position in the replayed cycle. */
  settle (): void {
    if (!this.#replaying) return
    this.#replaying = false
    for (const account of this.#accounts) account.credit += account.weight * this.#position
    for (let i = 0; i < this.#position; i++) this.#charge(this.#cycle[i] ?? 0)
  }

  #begin (): void {
    this.#accounts = this.#credits.activate(this, this.#candidates, this.#total)
    this.#replaying = false
    this.#remember()
  }

  #remember (): void {
    this.#start = this.#accounts.map(({ credit }) => credit)
    this.#cycle = []
  }

  #replay (): number {
    const index = this.#cycle[this.#position] ?? 0
    this.#position = this.#position + 1 === this.#cycleLength ? 0 : this.#position + 1
    return index
  }

  #choose (): number {
    const accounts = this.#accounts
    let best = 0
    let most = -Infinity
    for (let i = 0; i < accounts.length; i++) {
      const account = accounts[i]
      if (account === undefined) break
      account.credit += account.weight
      if (account.credit > most) {
        most = account.credit
        best = i
      }
    }
    this.#charge(best)
    if (this.#cycleLength !== 0) this.#note(best)
    return best
  }

  #charge (index: number): void {
    const account = this.#accounts[index]
    if (account !== undefined) account.credit -= this.#total
  }

  #note (index: number): void {
    this.#cycle.push(index)
    if (this.#cycle.length < this.#cycleLength) return
    if (this.#accounts.every(({ credit }, i) => credit === this.#start[i])) {
      this.#replaying = true
      this.#position = 0
    } else {
      this.#remember()
    }
  }
}

function cycleLength (candidates: readonly Candidate[], total: number): number {
  if (!candidates.every(({ weight }) => Number.isSafeInteger(weight))) return 0
  const length = total / candidates.reduce((divisor, { weight }) => greatestCommonDivisor(divisor, weight), 0)
  return length <= LONGEST_CYCLE ? length : 0
}

function greatestCommonDivisor (a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
