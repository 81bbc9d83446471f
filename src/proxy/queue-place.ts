import { ProxyError } from '../base/errors.js'
import { Deadline } from '../base/timer-wheel.js'
import type { PickContext } from '../balancing/strategy.js'
import type { Lease } from '../upstream/lease.js'
import type { Target } from '../upstream/target.js'
import type { Waiter } from '../upstream/waiters.js'
import type { Route } from './route.js'

/** Whose request it is that waits. */
export interface QueueOwner {
  readonly route: Route
  readonly request: { readonly urgent: boolean }
  readonly tried: ReadonlySet<Target> | undefined
  readonly context: PickContext
  /** Its turn has come. */
  granted (lease: Lease): void
  /** It has waited in vain. */
  refused (error: ProxyError): void
}

/** A request's place in the queue of its pool, with a deadline. */
export class QueuePlace extends Deadline implements Waiter {
  readonly #owner: QueueOwner

  private constructor (owner: QueueOwner) {
    super()
    this.#owner = owner
  }

  /** Joins the queue. @returns null if waiting could not help, or there is no place left. */
  static take (owner: QueueOwner): QueuePlace | null {
    const { pool, services } = owner.route
    if (services.queueTimeout === 0) return null
    const place = new QueuePlace(owner)
    if (!pool.enter(place)) return null
    services.wheel.arm(place, services.queueTimeout)
    return place
  }

  get context (): PickContext { return this.#owner.context }
  get tried (): ReadonlySet<Target> | undefined { return this.#owner.tried }
  get urgent (): boolean { return this.#owner.request.urgent }

  granted (lease: Lease): void {
    this.leave()
    this.#owner.granted(lease)
  }

  /** A more urgent request has taken its place. */
  displaced (): void {
    this.leave()
    this.#owner.refused(queueFull(this.#owner.route))
  }

  expired (): void {
    this.leave()
    const { pool, services } = this.#owner.route
    pool.counts.queueTimeouts++
    this.#owner.refused(new ProxyError('queue_timeout', `no target of pool ${pool.name} came free within ${services.queueTimeout} ms`))
  }

  leave (): void {
    const { pool, services } = this.#owner.route
    services.wheel.disarm(this)
    pool.leave(this)
  }
}

/** Why a request gets no target. */
export function noTarget ({ pool, services }: Route): ProxyError {
  if (!pool.full) return new ProxyError('destination_unavailable', `pool ${pool.name} has no target that may be tried`)
  if (services.queueTimeout !== 0 && pool.queued > 0) return queueFull({ pool })
  return new ProxyError('connection_limit_reached', `every healthy target of pool ${pool.name} is at its limit`)
}

function queueFull ({ pool }: Pick<Route, 'pool'>): ProxyError {
  return new ProxyError('queue_full', `the queue of pool ${pool.name} is full`)
}
