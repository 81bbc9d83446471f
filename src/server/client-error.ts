import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import type { Clock } from '../base/clock.js'
import { messageHead } from '../proxy/message-head.js'
import { problem } from '../proxy/problem.js'
import { currentResponse } from './current-response.js'
import { isInMidRequest, part } from './parting.js'

/** An error of Node's HTTP parser or its timers. */
export interface ClientError extends Error {
  readonly code?: string
}

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/** The status that a request deserves which could not be read. */
export function clientErrorStatus (error: ClientError): number {
  return STATUSES[error.code ?? ''] ?? 400
}

/** Answers what could not be read as a request and closes the connection. */
export function answerClientError (error: ClientError, socket: Socket, clock: Clock): void {
  if (hasLeft(error) || !socket.writable || socket.bytesRead === 0 || responding(socket)) {
    socket.destroy()
    return
  }
  const status = clientErrorStatus(error)
  part(socket, clock, rawAnswer(status, status === 408 ? 'http_request_timeout' : 'http_request_error', STATUS_CODES[status] ?? ''))
}

/** The text of a whole answer, for connections that no response object belongs to. */
export function rawAnswer (status: number, code: string, title: string, more: readonly string[] = []): string {
  const { headers, body } = problem(status, title, code, '', [...more, 'Connection', 'close'])
  return messageHead(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, headers) + body
}

/** Did the client merely leave in the middle of a request that has a line of its own in the log? */
export function isDeparture (error: ClientError, socket: Socket): boolean {
  return hasLeft(error) || socket.bytesRead === 0 || (error.code === 'HPE_INVALID_EOF_STATE' && (currentResponse(socket) !== null || isInMidRequest(socket)))
}

/** Writing to a client that is gone tells of it too. */
function hasLeft ({ code }: ClientError): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** Is the response on this connection begun, or that of an earlier request? Then another answer would be taken for it. */
function responding (socket: Socket): boolean {
  const response = currentResponse(socket)
  return response !== null && (response.headersSent || response.req.complete)
}
