import type { FastifyReply } from 'fastify'
import type { FailureCode } from '../base/errors.js'
import { failureProblem } from './problem.js'

/** Answers a request of the app's with a failure of the data path, through Fastify. */
export function replyWithFailure (reply: FastifyReply, code: FailureCode): void {
  const { status, headers, body } = failureProblem(code, '')
  reply.code(status)
  for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] ?? '', headers[i + 1])
  reply.send(body)
}
