import { sign } from '../base/signature.js'
import { readCookie } from './cookie.js'
import { LeastConnections } from './least-connections.js'
import { originOf } from './origin.js'
import { readDuration } from './read-duration.js'
import { setCookie, type CookieAttributes } from './set-cookie.js'
import { stickyDefaults, stickySchema, type StickyInput } from './sticky-options.js'
import type { Candidate, NonEmpty, PickContext, Picker, RequestView, Strategy, StrategyKind } from './strategy.js'

/** How clients are bound to their targets. */
export interface Binding {
  /** The first signs, all are accepted. */
  readonly secrets: NonEmpty<string>
  /** Name of the cookie. */
  readonly cookie: string
  readonly attributes: CookieAttributes
}

/** What clients of a candidate carry. */
interface Mark {
  /** One for each secret, the one for new cookies first. */
  readonly tokens: NonEmpty<string>
  /** Names and values in turn. */
  readonly fields: readonly string[]
}

/**
 * A client stays with the target that it was first given, for as long as that may be chosen: the response carries a cookie that leads back to
 * it. The strategy beneath chooses for clients without one, and for those whose target is gone.
 *
 * The cookie is a keyed hash of the target's origin. It names no address, nobody without the secret can make one, and all proxies with
 * the secret make and understand the same ones without telling each other anything.
 */
export class Sticky implements Strategy {
  /** Only if the strategy beneath learns: whoever is followed is timed. */
  readonly follow?: NonNullable<Strategy['follow']>
  readonly #beneath: Strategy
  readonly #binding: Binding
  readonly #marks = new WeakMap<Candidate, Mark>()

  constructor (beneath: Strategy, binding: Binding) {
    this.#beneath = beneath
    this.#binding = binding
    if (beneath.follow !== undefined) this.follow = beneath.follow.bind(beneath)
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const holders = new Map<string, T>()
    for (const candidate of eligible) {
      for (const token of this.#mark(candidate).tokens) holders.set(token, candidate)
    }
    return new StickyPicker(holders, this.#beneath.prepare(eligible), this.#binding.cookie)
  }

  responseFields (chosen: Candidate, context: PickContext): readonly string[] | null {
    const beneath = this.#beneath.responseFields?.(chosen, context) ?? null
    const { tokens: [token], fields } = this.#mark(chosen)
    // One signed with an older secret is replaced.
    if (tokenOf(context.request, this.#binding.cookie) === token) return beneath
    return beneath === null ? fields : [...fields, ...beneath]
  }

  #mark (candidate: Candidate): Mark {
    let mark = this.#marks.get(candidate)
    if (mark === undefined) {
      const { secrets: [secret, ...older], cookie, attributes } = this.#binding
      const origin = originOf(candidate)
      const token = sign(secret, origin)
      mark = {
        tokens: [token, ...older.map(old => sign(old, origin))],
        fields: ['Set-Cookie', setCookie(cookie, token, attributes)]
      }
      this.#marks.set(candidate, mark)
    }
    return mark
  }
}

class StickyPicker<T extends Candidate> implements Picker<T> {
  /** Of the strategy beneath: a client with a cookie has its target whatever they say. */
  readonly scores?: NonNullable<Picker<T>['scores']>
  /** Of the strategy beneath: for clients that have no target yet. */
  readonly lot?: NonNullable<Picker<T>['lot']>
  readonly #holders: ReadonlyMap<string, T>
  readonly #beneath: Picker<T>
  readonly #cookie: string

  constructor (holders: ReadonlyMap<string, T>, beneath: Picker<T>, cookie: string) {
    this.#holders = holders
    this.#beneath = beneath
    this.#cookie = cookie
    if (beneath.scores !== undefined) this.scores = beneath.scores.bind(beneath)
    if (beneath.lot !== undefined) this.lot = beneath.lot.bind(beneath)
  }

  pick (context: PickContext): T {
    return this.#holder(context) ?? this.#beneath.pick(context)
  }

  holds (context: PickContext): boolean {
    return this.#holder(context) !== undefined || (this.#beneath.holds?.(context) ?? false)
  }

  #holder ({ request }: PickContext): T | undefined {
    const token = tokenOf(request, this.#cookie)
    // What a look-up's time tells is of no use to a client: a token that it found would lead to a target that it gets anyway by asking a few times.
    return token === undefined ? undefined : this.#holders.get(token)
  }
}

function tokenOf (request: RequestView, cookie: string): string | undefined {
  const field = request.header('cookie')
  return field === undefined ? undefined : readCookie(field, cookie)
}

export const sticky: StrategyKind<StickyInput> = {
  name: 'sticky',
  schema: stickySchema,
  wraps: true,
  create: (options, beneath) => {
    const { secret, cookie, path, domain = null, secure, httpOnly, sameSite, maxAge } = { ...stickyDefaults, ...options }
    return new Sticky(beneath?.() ?? new LeastConnections(), {
      secrets: secretsOf(secret),
      cookie,
      attributes: { path, domain, secure, httpOnly, sameSite, maxAge: maxAge === undefined ? null : readDuration(maxAge) }
    })
  }
}

function secretsOf (input: string | readonly string[]): NonEmpty<string> {
  const [first, ...older] = typeof input === 'string' ? [input] : input
  if (first === undefined) throw new TypeError('expected at least one secret')
  return [first, ...older]
}
