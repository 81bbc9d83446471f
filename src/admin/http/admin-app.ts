import Fastify, { LogController, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Log } from '../../proxy/access-log.js'
import { AdminError } from '../admin-error.js'
import type { Control } from '../control.js'
import { AdminProblem, type ProblemCode } from './admin-problem.js'
import type { Guard } from './guard.js'
import { documentOperation } from './openapi.js'
import type { Access, Answer, Operation } from './operation.js'
import { pageOperations } from './page-operations.js'
import { poolOperations } from './pool-operations.js'
import { proxyOperations } from './proxy-operations.js'
import { standingHeaders } from './standing-headers.js'
import { streamOperations } from './stream-operations.js'
import type { Streams } from './streams.js'

export interface AdminAppOptions {
  readonly control: Control
  readonly guard: Guard
  readonly log: Log
  readonly streams: Streams
  readonly assets: URL
}

/** Bytes of a request's body. */
const BODY_LIMIT = 16 * 1024
/** Characters of a target's URL, percent-encoded. */
const PARAMETER_LIMIT = 2048

/** Fastify's refusals that have a code of their own, by status; what else it refuses is a bad request, and its message says why. */
const REFUSALS: Readonly<Record<number, ProblemCode>> = { 404: 'not_found', 413: 'body_too_large', 414: 'path_too_long', 415: 'unsupported_media_type' }

/** The admin API and the dashboard as a Fastify app that is ready and never listens itself. */
export async function createAdminApp (options: AdminAppOptions): Promise<FastifyInstance> {
  const { control, guard, log, streams, assets } = options
  const operations = [...pageOperations(assets), ...poolOperations(control), ...streamOperations(control, streams), ...proxyOperations(control)]
  operations.push(documentOperation(operations, async () => (await control.snapshot()).build.version))
  const refuse = refuser(log)
  const app: FastifyInstance = Fastify({
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAMETER_LIMIT },
    // These come before the hooks.
    frameworkErrors: (error, _request, reply) => { refuse(error, reply.headers(standingHeaders)) }
  })
  acceptJson(app)
  app.setErrorHandler((error, _request, reply) => refuse(error, reply))
  app.setNotFoundHandler(({ url, method }) => { throw notFound(operations, url, method) })
  checkAccess(app, guard, new Map(operations.map(({ path, access }) => [routePath(path), access])))
  logChanges(app, log)
  for (const operation of operations) addOperation(app, operation, guard)
  await app.ready()
  return app
}

/** An empty body is none, whatever its type is said to be. */
function acceptJson (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null)
    else parse(request, body, done)
  })
}

function checkAccess (app: FastifyInstance, guard: Guard, access: ReadonlyMap<string, Access>): void {
  app.addHook('onRequest', async ({ raw, routeOptions: { url } }, reply) => {
    reply.headers(standingHeaders)
    guard.check(raw, access.get(url ?? '') ?? 'token')
  })
}

function addOperation (app: FastifyInstance, operation: Operation, guard: Guard): void {
  app.route({
    method: operation.method === 'GET' ? ['GET', 'HEAD'] : operation.method,
    url: routePath(operation.path),
    handler: async ({ params, query, body, raw }, reply) => {
      const answer = await operation.run({ params, query, body, request: raw, trusted: guard.admits(raw) })
      return send(answer, reply)
    }
  })
}

function send (answer: Answer, reply: FastifyReply): FastifyReply {
  if (typeof answer === 'function') {
    if (reply.request.method === 'HEAD') return reply.type('text/event-stream').send()
    reply.hijack()
    for (const [name, value] of Object.entries(standingHeaders)) reply.raw.setHeader(name, value)
    answer(reply.raw)
    return reply
  }
  const { status, json, content, type, headers = {} } = answer
  reply.code(status).headers(headers)
  if (type !== undefined) reply.type(type)
  return reply.send(content ?? json)
}

/** Who changed what is told, whether it came about or not. */
function logChanges (app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async ({ raw, url }, reply) => {
    const { method, socket: { remoteAddress: client } } = raw
    if (method !== 'GET' && method !== 'HEAD') log.info({ client, method, path: url, status: reply.statusCode }, 'admin request')
  })
}

function refuser (log: Log): (error: unknown, reply: FastifyReply) => FastifyReply {
  return (error, reply) => {
    const problem = problemOf(error)
    if (problem.status === 500) log.error({ err: error }, 'an admin request failed')
    return reply.code(problem.status).headers(problem.headers).type('application/problem+json').send(Buffer.from(problem.body))
  }
}

function problemOf (error: unknown): AdminProblem {
  if (error instanceof AdminProblem) return error
  if (error instanceof AdminError) return AdminProblem.of(error)
  // Fastify's own refusals have these two.
  const { statusCode = 500, message = '' } = error instanceof Error ? error as Error & { readonly statusCode?: number } : {}
  if (statusCode < 400 || statusCode > 499) return new AdminProblem(500, 'internal_error')
  const code = REFUSALS[statusCode]
  return code === undefined ? new AdminProblem(statusCode, 'bad_request', message) : new AdminProblem(statusCode, code)
}

/** Nothing there, or not for this method. */
function notFound (operations: readonly Operation[], url: string, method: string): AdminProblem {
  const path = url.split('?', 1)[0] ?? ''
  const methods = operations.filter(operation => matches(operation.path, path)).flatMap(({ method }) => method === 'GET' ? ['GET', 'HEAD'] : [method])
  if (methods.length === 0) return new AdminProblem(404, 'not_found', `There is nothing at ${path}: /openapi.json tells what there is`)
  return new AdminProblem(405, 'method_not_allowed', `${method} is not among ${methods.join(', ')}`, { headers: { allow: methods.join(', ') } })
}

function matches (pattern: string, path: string): boolean {
  const steps = path.split('/')
  const expected = pattern.split('/')
  return steps.length === expected.length && expected.every((step, index) => step.startsWith('{') ? steps[index] !== '' : step === steps[index])
}

/** A path as the router writes it: `/pools/:pool`. */
function routePath (path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
