import type { Clock } from '../../base/clock.js'
import { ProxyError } from '../../base/errors.js'
import type { TimerWheel } from '../../base/timer-wheel.js'
import type { TargetCounts } from '../../upstream/target-counts.js'
import type { Attempt, AttemptCarrier } from './attempt.js'
import { Connection } from './connection.js'
import type { ConnectionOwner, ConnectionSettings } from './connection-owner.js'
import type { Connector } from './connector.js'
import { isIdempotent } from '../idempotent.js'
import { afterReading } from '../../base/event-loop.js'
import { IdlePolicy } from './idle-policy.js'

interface Check {
  readonly connection: Connection
  readonly attempt: Attempt
}

/** Milliseconds after which an idle connection is looked at once more before it is used. */
const RESTED = 10

export interface ConnectionPoolOptions extends ConnectionSettings {
  /** Connections, idle and busy; 0 = no bound. */
  readonly maxConnections: number
}

/**
 * The connections to one target. An attempt takes the idle one that was used last; without one it waits, in turn, for
 * whichever comes first: a connection that falls idle, or a new one.
 */
export class ConnectionPool implements ConnectionOwner<Connection>, AttemptCarrier {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly connector: Connector
  readonly where: string
  readonly counts: TargetCounts
  readonly connectTimeout: number
  readonly tlsTimeout: number
  readonly #maxConnections: number
  readonly #policy = new IdlePolicy()
  readonly #all = new Set<Connection>()
  /** The last one used is the last one here. */
  readonly #idle: Connection[] = []
  readonly #waiting: Attempt[] = []
  /** Connections being made that are reserved for nobody. */
  readonly #opening = new Set<Connection>()
  /** Idle connections that are looked at once more, each for the attempt that is to have it. */
  readonly #checks = new Set<Check>()
  #retired = false

  constructor (options: ConnectionPoolOptions) {
    this.clock = options.clock
    this.wheel = options.wheel
    this.connector = options.connector
    this.where = options.where
    this.counts = options.counts
    this.connectTimeout = options.connectTimeout
    this.tlsTimeout = options.tlsTimeout
    this.#maxConnections = options.maxConnections
  }

  /** Connections, idle, busy and being made. */
  get size (): number { return this.#all.size }
  get idle (): number { return this.#idle.length }
  get waiting (): number { return this.#waiting.length }

  /** Finds the attempt a connection. */
  dispatch (attempt: Attempt): void {
    if (wantsOwn(attempt)) return this.#dispatchOwn(attempt)
    const now = this.clock.now()
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.fresh(now)) {
        if (this.#bears(connection, attempt, now)) return this.#use(connection, attempt, now)
        // The others have rested longer.
        this.#idle.push(connection)
        return this.#dispatchOwn(attempt)
      }
      connection.retire()
    }
    this.#wait(attempt)
  }

  /** Keeps no connection from now on: the idle ones are closed, the others when their requests end. */
  retire (): void {
    this.#retired = true
    for (const connection of [...this.#idle]) connection.retire()
  }

  /** Closes everything; what is under way or waits fails. */
  destroy (): void {
    this.#retired = true
    const error = new ProxyError('draining', `${this.where}: the transport was closed`)
    for (const attempt of [...this.#waiting.splice(0), ...Array.from(this.#checks, check => check.attempt)]) {
      this.wheel.disarm(attempt)
      attempt.fail(error)
    }
    for (const connection of [...this.#all]) connection.broken(error)
  }

  // What connections say

  free (connection: Connection): void {
    this.#opening.delete(connection)
    const next = this.#waiting[0]
    if (next === undefined) {
      if (this.#retired) connection.retire()
      else this.#idle.push(connection)
    } else if (wantsOwn(next)) {
      // Its place is what the attempt waits for.
      connection.retire()
    } else {
      this.#waiting.shift()
      this.wheel.disarm(next)
      connection.start(next, this.clock.now())
    }
  }

  refused (connection: Connection, error: ProxyError): void {
    this.#opening.delete(connection)
    this.#all.delete(connection)
    // Somebody may have been served by another connection meanwhile: then there is one failure less to report.
    const unlucky = this.#waiting.length > this.#opening.size ? this.#waiting.shift() : undefined
    if (unlucky !== undefined) this.wheel.disarm(unlucky)
    this.#supply()
    unlucky?.fail(error)
  }

  gone (connection: Connection): void {
    this.#opening.delete(connection)
    this.#all.delete(connection)
    const index = this.#idle.lastIndexOf(connection)
    if (index !== -1) this.#idle.splice(index, 1)
    this.#supply()
  }

  closedIdle (idle: number, now: number): void {
    this.#policy.closedAfter(idle, now)
  }

  idleLimit (announced: number, now: number): number {
    return this.#policy.limit(announced, now)
  }

  // What waiting attempts say

  dropped (attempt: Attempt): void {
    const index = this.#waiting.indexOf(attempt)
    if (index !== -1) this.#waiting.splice(index, 1)
    this.wheel.disarm(attempt)
  }

  expired (attempt: Attempt): void {
    this.dropped(attempt)
    attempt.fail(new ProxyError('connection_limit_reached', `${this.where}: no connection came free in time`))
  }

  resumed (): void {}
  broken (): void {}
  progressed (): void {}

  /**
   * A connection that has just been used is used at once. One that rested may have been closed, or written to, without our having
   * read that yet: the event loop is given the chance to, before a request is spent on it (GHSA-35p6-xmwp-9g52).
   */
  #use (connection: Connection, attempt: Attempt, now: number): void {
    if (connection.idleFor(now) < RESTED) return connection.start(attempt, now)
    const check = { connection, attempt }
    this.#checks.add(check)
    afterReading(this.#look, check)
  }

  #bears (connection: Connection, attempt: Attempt, now: number): boolean {
    return isIdempotent(attempt.head.method) || this.#policy.bears(connection.idleFor(now), now)
  }

  readonly #look = (check: Check): void => {
    const { connection, attempt } = check
    this.#checks.delete(check)
    const now = this.clock.now()
    if (!connection.fresh(now)) {
      connection.retire()
      if (!attempt.over) this.dispatch(attempt)
    } else if (attempt.over) {
      this.free(connection)
    } else {
      connection.start(attempt, now)
    }
  }

  #dispatchOwn (attempt: Attempt): void {
    if (!this.#hasRoom) this.#idle[0]?.retire()
    if (this.#hasRoom) this.#all.add(new Connection(this, attempt))
    else this.#wait(attempt)
  }

  #wait (attempt: Attempt): void {
    this.#waiting.push(attempt)
    this.#supply()
    // An attempt for which a connection is being made has that one's deadline; any other needs its own.
    if (this.#waiting.length > this.#opening.size) this.wheel.arm(attempt, this.connectTimeout)
  }

  get #hasRoom (): boolean {
    return this.#maxConnections === 0 || this.#all.size < this.#maxConnections
  }

  /** Opens connections for those who wait, as far as there is room. */
  #supply (): void {
    while (this.#waiting.length > this.#opening.size && this.#hasRoom) {
      const next = this.#waiting[0]
      if (next === undefined) return
      if (wantsOwn(next)) {
        this.#waiting.shift()
        this.wheel.disarm(next)
        this.#all.add(new Connection(this, next))
      } else {
        const connection = new Connection(this, null)
        this.#opening.add(connection)
        this.#all.add(connection)
      }
    }
  }
}

/** Does it need a connection made for it? A connection that will be handed over is read in another way from its start. */
function wantsOwn (attempt: Attempt): boolean {
  return attempt.head.upgrade !== null || attempt.head.freshConnection
}
