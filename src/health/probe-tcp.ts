import { connect } from 'node:net'
import type { TargetAddress } from '../upstream/address.js'
import type { Probe } from './probe.js'
import { untilAborted } from './until-aborted.js'

/** Passes if a connection can be made. Sends nothing, so an `https:` target is not greeted either. */
export class TcpProbe implements Probe {
  readonly #port: number | null

  /** @param port instead of the target's own; a Unix socket has none to replace. */
  constructor (port: number | null) {
    this.#port = port
  }

  async check (address: TargetAddress, signal: AbortSignal): Promise<void> {
    await untilAborted(signal, (pass, fail) => {
      const socket = address.socketPath === null
        ? connect({ host: address.hostname, port: this.#port ?? address.port })
        : connect({ path: address.socketPath })
      socket.once('connect', pass)
      socket.on('error', fail)
      return () => { socket.destroy() }
    })
  }
}
