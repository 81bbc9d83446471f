import type { Test } from 'tap'
import { contextOf } from '../balancing/fake-candidate.js'
import { ProxyError, type FailureCode } from '../../src/base/errors.js'
import { Exchange } from '../../src/proxy/exchange.js'
import type { ExchangeHead } from '../../src/proxy/exchange-head.js'
import type { RetryBudgetRules } from '../../src/proxy/retry-budget.js'
import type { RetryRules, RouteConfig } from '../../src/proxy/route-config.js'
import type { RouteServices } from '../../src/proxy/route.js'
import type { BodySource } from '../../src/transport/transport.js'
import type { Lease } from '../../src/upstream/lease.js'
import type { Outcome } from '../../src/upstream/outcome.js'
import type { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport, type FakeSending } from './fake-transport.js'
import { createPool, createRoute, FakeServices, retryRules } from './route-world.js'

export interface Setup {
  readonly route?: Partial<RouteConfig>
  /** On top of the default rules of retries. */
  readonly retry?: Partial<RetryRules>
  readonly head?: Partial<ExchangeHead>
  readonly body?: BodySource
  readonly targets?: number
  readonly budget?: RetryBudgetRules
  readonly observe?: NonNullable<RouteServices['observe']>
}

/** One exchange between a client and targets that a test plays. */
export class World {
  readonly services = new FakeServices()
  readonly transport = new FakeTransport()
  readonly client = new FakeClient()
  readonly outcomes: Outcome[] = []
  /** Targets that have said that they are about to stop. */
  readonly withdrawn: Target[] = []
  readonly pool: Pool
  readonly exchange: Exchange<FakeClient>

  constructor (setup: Setup = {}) {
    if (setup.observe !== undefined) this.services.observe = setup.observe
    this.pool = createPool(setup.targets ?? 3, this.services.clock)
    this.pool.observe((_target, outcome) => { this.outcomes.push(outcome) })
    const config = { retry: { ...retryRules, ...setup.retry }, ...setup.route }
    const route = createRoute(config, this.services, this.pool, this.transport, {
      ...(setup.budget !== undefined && { budget: setup.budget }),
      withdraw: target => { this.withdrawn.push(target) }
    })
    this.exchange = new Exchange(route, exchangeHead(setup.head), setup.body ?? null, this.client)
  }

  start (): this {
    this.exchange.start()
    return this
  }

  get last (): FakeSending { return this.transport.last }
  /** How many attempts have been sent. */
  get sent (): number { return this.transport.sendings.length }
  /** Targets asked, by index, in order. */
  get asked (): number[] { return this.transport.sendings.map(sending => this.pool.targets.indexOf(sending.target)) }
  get kinds (): string[] { return this.outcomes.map(outcome => outcome.kind) }

  advance (duration: number): void {
    this.services.clock.advance(duration)
  }

  /** What is true of every exchange that has ended. */
  check (t: Test): void {
    t.equal(this.pool.inflight, 0, 'no request is under way')
    t.equal(this.pool.queued, 0, 'no request waits')
    t.equal(this.outcomes.length, this.transport.sendings.length, 'each lease was settled once')
    t.strictSame(this.services.ended, [this.exchange], 'its end was told once')
    t.ok(this.exchange.ended)
    t.equal(this.services.wheel.size, 0)
    t.strictSame(this.client.violations, [])
    t.ok(this.exchange.endedAt >= this.exchange.startedAt)
    // The wheel's own timer stops at its next turn.
    this.advance(100)
    t.equal(this.services.clock.pending, 0, 'no timer is left')
  }
}

export const failure = (code: FailureCode): ProxyError => new ProxyError(code, 'connect 10.0.0.1:3000')

/** A world in which each target takes one request at a time, and has one. */
export class FullWorld extends World {
  readonly #leases: Lease[] = []

  constructor (setup: Setup = {}) {
    super({ targets: 1, ...setup })
    this.services.queueTimeout = 5000
    this.pool.reconcile(this.pool.targets.map(target => ({ url: target.url, maxConnections: 1 })))
    for (let lease = this.#take(); lease !== null; lease = this.#take()) this.#leases.push(lease)
  }

  #take (): Lease | null {
    return this.pool.lease(contextOf({}, () => 0))
  }

  /** The first of the requests that are in the way ends; who waits is served. */
  async release (): Promise<void> {
    this.#leases.shift()?.settle({ kind: 'cancelled' })
    this.outcomes.pop()
    await new Promise<void>(resolve => { queueMicrotask(resolve) })
  }

  /** All of them end. */
  async releaseAll (): Promise<void> {
    while (this.#leases.length > 0) await this.release()
  }
}
