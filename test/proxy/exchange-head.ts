import type { ExchangeHead } from '../../src/proxy/exchange-head.js'

/** A request head as the route handler makes it. */
export function exchangeHead (more: Partial<ExchangeHead> = {}): ExchangeHead {
  return {
    method: 'GET',
    path: '/x',
    headers: ['Host', 'shop.example', 'Accept', '*/*'],
    hostIndex: 1,
    requestId: 'id-1',
    hostFromTarget: false,
    upgrade: null,
    urgent: false,
    freshConnection: false,
    debug: false,
    received: ['Host', 'shop.example', 'Accept', '*/*'],
    timeouts: { responseHead: 60_000, idleBody: 60_000 },
    originalPath: '/api/x?y',
    clientAddress: '192.0.2.7',
    ...more
  }
}
