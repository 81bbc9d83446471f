import type { IncomingMessage, ServerResponse } from 'node:http'

/** What answers requests: a generation's router. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void
