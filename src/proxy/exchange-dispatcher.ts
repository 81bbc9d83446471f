import type { Exchange } from './exchange.js'
import type { RawClient } from './raw-client.js'

/** Key under which the route handler puts its exchange on the headers that reply-from hands to its dispatcher. */
export const exchangeKey = Symbol('headrace.exchange')

/** The response as reply-from sees it: the head passes through it, the bytes go from `stream` straight to the raw response. */
interface RelayedResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: RelayedBody
}

interface RelayedBody {
  readonly client: RawClient
  /** Called by reply-from when the client has gone already; the exchange learns that by itself. */
  destroy (): void
}

type Callback = (error: Error | null, response?: RelayedResponse) => void

/**
 * What is plugged into reply-from's `undici` option: it finds the exchange on the headers and starts it. A failure never comes
 * back this way, because the exchange answers it itself.
 */
export class ExchangeDispatcher {
  request (options: { readonly headers: { readonly [exchangeKey]: Exchange<RawClient> } }, callback: Callback): void {
    const exchange = options.headers[exchangeKey]
    const { client } = exchange
    client.start(exchange, status => {
      // reply-from takes only the statuses that Fastify takes; the client gets the target's own in any case.
      callback(null, { statusCode: status <= 599 ? status : 502, headers: {}, body: { client, destroy: nothing } })
    })
  }

  destroy (): void {}
}

function nothing (): void {}
