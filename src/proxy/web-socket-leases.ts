import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { systemClock } from '../base/clock.js'
import { systemRandom } from '../base/random.js'
import type { PickContext } from '../balancing/strategy.js'
import type { Lease } from '../upstream/lease.js'
import { cancelled } from '../upstream/outcome.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import { joinedValue } from './request-context.js'
import { replyWithFailure } from './reply-with-failure.js'

/**
 * Leases for the WebSockets of @fastify/http-proxy: one for each, taken when the app's own hooks have let the client pass and before it
 * gets its 101, settled when the client's connection closes, whatever became of the upgrade.
 */
export class WebSocketLeases {
  readonly #pool: Pool
  readonly #leases = new WeakMap<object, Lease>()

  constructor (pool: Pool) {
    this.#pool = pool
  }

  /** Node takes its own error listener off the socket of an upgrade: a client that resets its connection while hooks are at work would end the process. */
  readonly onRequest = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    if (isUpgrade(request.raw)) request.raw.socket.on('error', () => {})
    done()
  }

  /** To be the last hook of its route: leases a target for an upgrade, or answers 503. */
  readonly preHandler = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { raw } = request
    if (!isUpgrade(raw)) {
      done()
      return
    }
    const { socket } = raw
    // The client left while earlier hooks were at work: its 'close' may have come already, and would never settle the lease.
    if (socket.destroyed) {
      reply.hijack()
      return
    }
    const lease = this.#pool.lease(contextOf(request), this.#outOfReach())
    if (lease === null) {
      replyWithFailure(reply, this.#pool.full ? 'connection_limit_reached' : 'destination_unavailable')
      return
    }
    lease.unmeasured()
    this.#leases.set(raw, lease)
    // What @fastify/http-proxy makes of the target is not told here, so the lease says nothing about it.
    socket.once('close', () => { lease.settle(cancelled) })
    done()
  }

  /** The target leased for a request of the server's; null if it is no WebSocket. */
  target (raw: object): Target | null {
    return this.#leases.get(raw)?.target ?? null
  }

  /** @fastify/http-proxy makes a URL of the target, and a Unix socket has none. */
  #outOfReach (): ReadonlySet<Target> | undefined {
    const targets = this.#pool.targets.filter(({ address }) => address.socketPath !== null)
    return targets.length === 0 ? undefined : new Set(targets)
  }
}

function contextOf (request: FastifyRequest): PickContext {
  const { method, originalUrl: path, ip: clientAddress, raw } = request
  return {
    request: { method, path, clientAddress, header: name => joinedValue(raw.rawHeaders, name) },
    random: systemRandom,
    now: systemClock.now
  }
}

/** Node sets the undocumented `upgrade` on a request that it hands to the server's 'upgrade' listeners. */
function isUpgrade (raw: IncomingMessage): boolean {
  return 'upgrade' in raw && raw.upgrade === true
}
