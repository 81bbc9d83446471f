import { isIP, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { buildConnector, Client, type Dispatcher } from 'undici'
import type { TargetAddress } from '../upstream/address.js'
import type { TransportOptions } from './transport.js'

/** What became of the connection that a client holds now. */
export interface ConnectionState {
  /** Has it carried a request? */
  used: boolean
  /** Did the socket report an error? */
  broken: boolean
  /** Null until a connection stands; then the latest one. */
  socket: Socket | null
}

/** A request that wants to know on which connection it goes. */
export interface Passenger {
  /** It has got a place on this connection, which stands or is being made. */
  placed (connection: ConnectionState): void
}

/** What a dispatch carries beside undici's own options. */
export interface CarriedOptions extends Dispatcher.DispatchOptions {
  /** Same for all requests of a target: undici drops the connection when it changes, and would else take it from the Host field. */
  readonly servername: string
  readonly passenger: Passenger
}

/** undici's client of one connection, which tells each request about the state of that connection. */
export class UndiciConnection extends Client {
  readonly #state: ConnectionState

  /** @param context null = Node's default. */
  constructor (address: TargetAddress, options: TransportOptions, context: SecureContext | null) {
    const state: ConnectionState = { used: false, broken: false, socket: null }
    super(poolOrigin(address), {
      pipelining: 1,
      // The transport keeps time itself: undici's own timers are up to a second late and count while the receiver is paused.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connector(address, options, context, state)
    })
    this.#state = state
  }

  override dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (isCarried(options)) options.passenger.placed(this.#state)
    return super.dispatch(options, handler)
  }
}

/** The origin under which undici knows a target. */
export function poolOrigin (address: TargetAddress): string {
  return address.socketPath === null ? address.origin : 'http://localhost'
}

function isCarried (options: Dispatcher.DispatchOptions): options is CarriedOptions {
  return 'passenger' in options
}

function connector (address: TargetAddress, options: TransportOptions, context: SecureContext | null, state: ConnectionState): buildConnector.connector {
  const { verify = true, serverName } = options.tls ?? {}
  const connect = buildConnector({
    timeout: options.connectTimeout,
    rejectUnauthorized: verify,
    ...(address.socketPath === null ? {} : { socketPath: address.socketPath }),
    ...(context === null ? {} : { secureContext: context })
  })
  // RFC 6066, section 3: an IP address is no server name; the certificate is then checked against the address.
  const name = serverName ?? (isIP(address.hostname) === 0 ? address.hostname : undefined)
  return ({ servername: _ofTheRequest, ...where }, callback) => {
    connect({ ...where, ...(name === undefined ? {} : { servername: name }) }, (...result) => {
      const [, socket] = result
      if (socket !== null && socket !== undefined) {
        state.used = false
        state.broken = false
        state.socket = socket
        socket.once('error', () => { state.broken = true })
      }
      callback(...result)
    })
  }
}
