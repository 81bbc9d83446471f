import { Type } from '../../base/type.js'
import type { Control } from '../control.js'
import { metricsWriter } from '../metrics.js'
import { AdminProblem } from './admin-problem.js'
import { anyQuery, json, operation, type Operation } from './operation.js'
import { problem } from './openapi.js'
import { buildSchema, routeSchema, snapshotSchema } from './snapshot-schema.js'

const closed = { additionalProperties: false }

/** What is asked of the proxy as a whole. */
export function proxyOperations (control: Control): readonly Operation[] {
  return [
    operation('getSnapshot', 'GET', '/snapshot', {
      summary: 'All that the proxy knows of itself at this moment',
      answers: { 200: json('The snapshot.', snapshotSchema) },
      run: async () => ({ status: 200, json: await control.snapshot() })
    }),
    operation('getRoutes', 'GET', '/routes', {
      summary: 'The routes with their traffic',
      answers: { 200: json('The routes, in the order of the config.', Type.Object({ routes: Type.Array(routeSchema) }, closed)) },
      run: async () => ({ status: 200, json: { routes: (await control.snapshot()).routes } })
    }),
    operation('getConfig', 'GET', '/config', {
      summary: 'The running config, with every default and without secrets',
      answers: { 200: json('A config as the file has it.', Type.Object({}, { additionalProperties: true })) },
      run: () => ({ status: 200, json: control.config() })
    }),
    operation('getBuild', 'GET', '/build', {
      summary: 'What runs',
      answers: { 200: json('The version of the proxy and of Node.', buildSchema) },
      run: async () => ({ status: 200, json: (await control.snapshot()).build })
    }),
    operation('getMetrics', 'GET', '/metrics', {
      summary: 'The metrics, for Prometheus',
      query: anyQuery,
      answers: { 200: { description: 'Prometheus text format.', content: { 'text/plain': Type.String() } } },
      run: async () => ({ status: 200, content: await metricsWriter.write(await control.snapshot()), type: metricsWriter.contentType })
    }),
    reload(control),
    ...probes(control)
  ]
}

function reload (control: Control): Operation {
  return operation('reload', 'POST', '/reload', {
    summary: 'Read the config anew and make it the running one',
    answers: {
      200: json('It runs. What is different, in words.', Type.Object({ changes: Type.Array(Type.String()) }, closed)),
      422: problem('It is refused, and nothing has changed: "faults" says why.')
    },
    run: async () => {
      const { ok, changes, faults } = await control.reload()
      if (!ok) throw new AdminProblem(422, 'reload_refused', '', { faults })
      return { status: 200, json: { changes } }
    }
  })
}

/** For orchestrators, which have no token: so without one they are not told names. */
function probes (control: Control): readonly Operation[] {
  const readiness = Type.Object({ ready: Type.Boolean(), reasons: Type.Optional(Type.Array(Type.String())) }, closed)
  return [
    operation('isLive', 'GET', '/livez', {
      summary: 'Does the process answer?',
      access: 'anyone',
      query: anyQuery,
      answers: { 200: json('It does.', Type.Object({ live: Type.Literal(true) }, closed)) },
      run: () => ({ status: 200, json: { live: true } })
    }),
    operation('isReady', 'GET', '/readyz', {
      summary: 'Does the proxy accept requests, and has any pool a target that may serve?',
      access: 'anyone',
      query: anyQuery,
      answers: { 200: json('It does.', readiness), 503: json('It does not. "reasons" are for those with the token, if there is one.', readiness) },
      run: ({ trusted }) => {
        const { ready, reasons } = control.readiness()
        return { status: ready ? 200 : 503, json: { ready, ...(trusted ? { reasons } : {}) } }
      }
    })
  ]
}
