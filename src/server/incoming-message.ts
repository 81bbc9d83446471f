import { IncomingMessage } from 'node:http'

const asked = Symbol('headrace.asksForUpgrade')

/**
 * A request that decides itself whether it is an upgrade. Node takes every `Upgrade` field for one as soon as a server listens for
 * 'upgrade', and then drops the body; but clients offer `h2c` on ordinary requests, with bodies too, and a proxy that tunnels
 * h2c lets them past its routes. A server may ignore an `Upgrade` field (RFC 9110, section 7.8): this one does so for these.
 */
export class ProxyIncomingMessage extends IncomingMessage {
  declare [asked]: boolean | undefined

  get upgrade (): boolean {
    return this[asked] === true && (this.method === 'CONNECT' || isTunnelRequest(this))
  }

  set upgrade (value: boolean) {
    this[asked] = value
  }
}

/**
 * Did the client offer an upgrade that is not taken? The parser then loses what came in one piece with the request, so nothing
 * more may be expected on this connection.
 */
export function upgradeIgnored (message: IncomingMessage): boolean {
  return message instanceof ProxyIncomingMessage && message[asked] === true && !message.upgrade
}

function isTunnelRequest (message: IncomingMessage): boolean {
  const { headers } = message
  // HTTP/1.0 knows no upgrade (RFC 9110, section 7.8).
  if (message.httpVersion !== '1.1') return false
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return false
  const protocols = headers.upgrade?.toLowerCase().split(',').map(protocol => protocol.trim()) ?? []
  return protocols.some(protocol => protocol !== '') && !protocols.includes('h2c')
}
