import type { FailureCode } from '../base/errors.js'
import { failureProblem } from './problem.js'

/** The part of a Fastify reply that is used here, whatever server it belongs to. */
export interface Answerable {
  code (status: number): unknown
  header (name: string, value: string): unknown
  send (body: unknown): unknown
}

/** Answers a request of the app's with a failure of the data path, through Fastify. */
export function replyWithFailure (reply: Answerable, code: FailureCode): void {
  const { status, headers, body } = failureProblem(code, '')
  reply.code(status)
  for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] ?? '', headers[i + 1] ?? '')
  reply.send(body)
}
