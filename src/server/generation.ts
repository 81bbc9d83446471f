import type { FastifyBaseLogger, FastifyPluginAsync, FastifyPluginCallback } from 'fastify'
import type { Clock } from '../base/clock.js'
import type { TrustProxy } from '../proxy/peer.js'
import type { RouteTable } from '../proxy/route-table.js'
import type { RequestHandler } from './request-handler.js'

/** A plugin of the user's own: hooks, routes, decorators. Register through `fastify-plugin` what shall apply to proxied routes. */
export type GenerationPlugin = FastifyPluginCallback | FastifyPluginAsync

export interface GenerationOptions {
  readonly table: RouteTable
  readonly trustProxy: TrustProxy
  readonly plugins: readonly GenerationPlugin[]
  readonly log: FastifyBaseLogger
  readonly access: boolean
  readonly clock: Clock
}

/** One config made runnable. Where the user has plugins it is a Fastify app that is ready and never listens itself. */
export interface Generation {
  readonly handle: RequestHandler
  /** Ends it when the last request it was given has ended, or now. */
  close (now: boolean): Promise<void>
}
