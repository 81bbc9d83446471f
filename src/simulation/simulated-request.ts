import type { SimulatedProxy } from './simulated-proxy.js'
import type { SimulatedTarget } from './simulated-target.js'

/** One client request from arrival to answer. Used again when it is over. */
export class SimulatedRequest {
  proxy: SimulatedProxy
  /** Number of the client in a closed loop; -1 = it does not wait to ask again. */
  client = -1
  /** Who asks: what `Identities` knows of it. */
  identity = 0
  /** Milliseconds. */
  arrivedAt = 0
  attempts = 0
  /** Targets that it has been to and failed. */
  readonly tried: SimulatedTarget[] = []

  constructor (proxy: SimulatedProxy) {
    this.proxy = proxy
  }

  begin (proxy: SimulatedProxy, client: number, identity: number, now: number): void {
    this.proxy = proxy
    this.client = client
    this.identity = identity
    this.arrivedAt = now
    this.attempts = 0
    if (this.tried.length > 0) this.tried.length = 0
  }
}
