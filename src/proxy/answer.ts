import type { ServerResponse } from 'node:http'
import type { Problem } from './problem.js'

/** Answers with a problem, if nothing has been answered yet. */
export function answer (response: ServerResponse, problem: Problem): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(problem.status, [...problem.headers])
  response.end(problem.body)
}
