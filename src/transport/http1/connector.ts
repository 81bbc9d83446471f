import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { TargetAddress } from '../../upstream/address.js'
import type { TlsOptions } from '../../upstream/tls-options.js'

/** Bytes that wait in a socket before its writer is told to pause. */
const WRITE_BUFFER = 65_536

/** Opens sockets to one address: TCP, TLS or Unix. */
export class Connector {
  /** Which event says that the connection stands. */
  readonly readyEvent: 'connect' | 'secureConnect'
  readonly secure: boolean
  /** TCP, with or without TLS on top: only there a connection can be reset. */
  readonly tcp: boolean
  readonly #address: TargetAddress
  readonly #tls: TlsOptions
  readonly #context: SecureContext | null
  /** Lets the next handshake skip the costly part. */
  #session: Buffer | null = null

  /** @param context made from `tls`; null if the address is not `https:`. */
  constructor (address: TargetAddress, tls: TlsOptions, context: SecureContext | null) {
    this.#address = address
    this.#tls = tls
    this.#context = context
    this.secure = context !== null
    this.tcp = address.socketPath === null
    this.readyEvent = this.secure ? 'secureConnect' : 'connect'
  }

  /** Begins to connect. @param onread null = the socket is read as a stream. */
  open (onread: OnReadOpts | null): Socket {
    const { hostname: host, port, socketPath } = this.#address
    const reading = { highWaterMark: WRITE_BUFFER, ...(onread === null ? {} : { onread }) }
    if (this.#context !== null) return this.#openTls(this.#context, reading)
    return socketPath === null ? connect({ host, port, ...reading }) : connect({ path: socketPath, ...reading })
  }

  #openTls (secureContext: SecureContext, reading: object): Socket {
    const { hostname: host, port } = this.#address
    // RFC 6066 section 3: no SNI for addresses; the certificate is then checked against the address.
    const servername = this.#tls.serverName ?? (isIP(host) === 0 ? host : '')
    const socket = connectTls({
      host,
      port,
      servername,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: this.#tls.verify ?? true,
      ...(this.#session === null ? {} : { session: this.#session }),
      ...reading
    })
    socket.on('session', this.#keepSession)
    return socket
  }

  readonly #keepSession = (session: Buffer): void => {
    this.#session = session
  }

  /** Takes our listener off a socket that changes hands. */
  release (socket: Socket): void {
    socket.removeListener('session', this.#keepSession)
  }
}

/** What secures the connections of a transport. @throws if a PEM text is none. */
export function secureContext (tls: TlsOptions): SecureContext {
  return createSecureContext({
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key })
  })
}
