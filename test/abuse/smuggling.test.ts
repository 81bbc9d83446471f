import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import t from 'tap'
import { startProgram } from '../fixtures/program.js'
import { startTestProxy } from '../fixtures/proxy.js'
import { startRecordingBackend } from './recording-backend.js'
import { requestCases } from './request-cases.js'
import { sendAmbiguous } from './send-ambiguous.js'

t.test('ambiguous requests, to the program: refused, or passed on in one reading only', async t => {
  const backend = await startRecordingBackend(t)
  const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url], healthCheck: false } } })
  for (const item of requestCases) await sendAmbiguous(t, { port: program.port, backend }, item)
  t.comment(`${requestCases.length} ambiguous requests`)
})

t.test('the same by way of a Fastify app with hooks', async t => {
  const backend = await startRecordingBackend(t)
  const hooks = async (app: FastifyInstance): Promise<void> => { app.addHook('onRequest', async () => {}) }
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [fastifyPlugin(hooks)] } })
  for (const item of requestCases) await sendAmbiguous(t, { port: proxy.port, backend }, item)
  await proxy.untilInflight(0)
})

t.test('no name stands twice in the table', async t => {
  const names = requestCases.map(({ name }) => name)
  t.same(names.filter((name, i) => names.indexOf(name) !== i), [])
})
