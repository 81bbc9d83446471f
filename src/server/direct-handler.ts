import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../base/clock.js'
import { rounded, type Log } from '../proxy/access-log.js'
import { admit, noRoute, type AdmissionOptions } from '../proxy/admission.js'
import { answer } from '../proxy/answer.js'
import { Exchange } from '../proxy/exchange.js'
import { RawClient } from '../proxy/raw-client.js'
import type { RequestHandler } from './request-handler.js'

export interface DirectOptions extends AdmissionOptions {
  readonly log: Log
  readonly access: boolean
  readonly clock: Clock
}

/**
 * Handles requests where there is no code of the user's that could see them pass: straight from the server to the exchange
 * (docs/decisions/0009-direct-lane.md). What a client and a target see is the same as by way of the app.
 */
export function directHandler (options: DirectOptions): RequestHandler {
  return function handle (request, response): void {
    // A pipelined request whose turn has not come starts when it can be answered.
    if (response.socket === null) response.once('socket', () => { begin(request, response, options) })
    else begin(request, response, options)
  }
}

function begin (request: IncomingMessage, response: ServerResponse, options: DirectOptions): void {
  const admitted = admit(request, response, request.url ?? '/', RawClient, options)
  if (admitted instanceof Exchange) {
    const { client } = admitted
    client.start(admitted, () => { client.relayDirectly() })
    return
  }
  const problem = admitted ?? noRoute(request)
  if (options.access) {
    const startedAt = options.clock.now()
    response.on('close', () => {
      options.log.info({
        requestId: problem.requestId,
        client: request.socket.remoteAddress,
        method: request.method,
        path: request.url,
        status: problem.status,
        bytes: Buffer.byteLength(problem.body),
        ms: rounded(options.clock.now() - startedAt),
        outcome: 'answered'
      }, 'request')
    })
  }
  answer(response, problem)
}
