import type { ProxyError } from '../base/errors.js'
import { isIdempotent } from '../transport/idempotent.js'
import type { BodySource, Sent } from '../transport/transport.js'
import type { Target } from '../upstream/target.js'
import type { ExchangeHead } from './exchange-head.js'
import { mayRetry } from './retry.js'
import type { Route } from './route.js'

/**
 * What a failed attempt leads to. `new-round` = there is nowhere else to go, but nothing has been sent, so all targets may be tried anew
 * if the route allows the time.
 */
export type NextStep = 'other-target' | 'fresh-connection' | 'new-round' | 'give-up'

/** A request whose last attempt has not brought it what it came for. */
export interface Unserved {
  readonly route: Route
  readonly request: ExchangeHead
  readonly body: BodySource | null
  /** Clock time of the response head, in ms; -1 = the client has none yet. */
  readonly headAt: number
  /** The target of the last attempt. */
  readonly target: Target | null
  /** Targets of earlier attempts. */
  readonly tried: ReadonlySet<Target> | undefined
  /** May the route ask one more target for it? */
  readonly attemptsLeft: boolean
}

/**
 * Decides where a request goes after a failure. Another target takes one retry from the budget, and is asked for last.
 * @param sent how much of the request left.
 * @param reused was it a kept connection that died?
 */
export function nextStep (unserved: Unserved, error: ProxyError, sent: Sent, reused: boolean): NextStep {
  const { route, request, body } = unserved
  if (unserved.headAt !== -1 || body?.consumed === true) return 'give-up'
  if (!mayRetry({ error, sent, method: request.method, reused }, route.config.retry)) return 'give-up'
  if (reused && !request.freshConnection) return 'fresh-connection'
  if (unserved.attemptsLeft && mayFindOther(unserved) && route.retryBudget.take()) return 'other-target'
  return sent === 'nothing' ? 'new-round' : 'give-up'
}

/** May another target be asked because of the status that this one answered with? */
export function mayAskOther (unserved: Unserved): boolean {
  return unserved.attemptsLeft && unserved.body?.consumed !== true && isIdempotent(unserved.request.method) && hasUntried(unserved)
}

/** Is there a target that this request has not been to? */
export function hasUntried ({ tried, target, route }: Pick<Unserved, 'tried' | 'target' | 'route'>): boolean {
  const been = new Set(tried)
  if (target !== null) been.add(target)
  return route.pool.untried(been).length > 0
}

/** The same, counting those that may come free. */
function mayFindOther (unserved: Unserved): boolean {
  return hasUntried(unserved) || unserved.route.pool.full
}
