import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { AdminWorld, startAdmin, type Answered, type Asked } from './admin-world.js'

const TOKEN = 'a-token-that-nobody-guesses'
const BEARER = { authorization: `Bearer ${TOKEN}` }
const TARGET = '/pools/api/targets/http%3A%2F%2F10.0.0.1%3A3000'

interface Documented { readonly content?: Readonly<Record<string, { readonly schema: object }>> }

/** The parts of the document that are looked at here. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string, readonly responses: Readonly<Record<string, Documented>> }>>>>
  readonly components: { readonly schemas: object }
}

async function document (world: AdminWorld, headers = {}): Promise<Document> {
  return (await world.ask('/openapi.json', { headers })).json
}

t.test('the document is valid OpenAPI 3.1', async t => {
  const world = await startAdmin(t)
  const validator = new Validator()
  const { valid, errors } = await validator.validate((await world.ask('/openapi.json')).json)
  t.strictSame({ valid, errors, version: validator.version }, { valid: true, errors: undefined, version: '3.1' })
  t.doesNotThrow(() => { validator.resolveRefs() })
})

t.test('every route is in it, and nothing else', async t => {
  const { paths } = await document(await startAdmin(t))
  const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`))
  t.strictSame(routes.sort(), [
    'GET /', 'GET /assets/{file}', 'GET /openapi.json', 'GET /snapshot', 'GET /routes', 'GET /config', 'GET /build', 'GET /metrics', 'POST /reload', 'GET /livez', 'GET /readyz',
    'GET /events', 'GET /stream', 'GET /pools', 'GET /pools/{pool}', 'GET /pools/{pool}/targets', 'POST /pools/{pool}/targets',
    'GET /pools/{pool}/targets/{target}', 'PUT /pools/{pool}/targets/{target}', 'DELETE /pools/{pool}/targets/{target}'
  ].sort())
})

/** What brings about each answer. */
const CASES: Readonly<Record<string, Readonly<Record<string, readonly [path: string, asked?: Asked, prepare?: (world: AdminWorld) => void]>>>> = {
  getDashboard: { 200: ['/'] },
  getAsset: { 200: ['/assets/app.js'], 400: ['/assets/app.js?nonsense=1'], 404: ['/assets/nothing.js'] },
  getDocument: { 200: ['/openapi.json'] },
  getSnapshot: { 200: ['/snapshot'], default: ['/snapshot', {}, world => { world.control.broken = new Error('broken') }] },
  getRoutes: { 200: ['/routes'] },
  getConfig: { 200: ['/config'] },
  getBuild: { 200: ['/build'] },
  getMetrics: { 200: ['/metrics'] },
  reload: {
    200: ['/reload', { method: 'POST' }],
    422: ['/reload', { method: 'POST' }, world => { world.control.result = { ok: false, changes: [], faults: [{ path: 'pools', message: 'required' }] } }]
  },
  isLive: { 200: ['/livez'] },
  isReady: { 200: ['/readyz'], 503: ['/readyz', {}, world => { world.control.ready = false }] },
  getEvents: { 200: ['/events'], 503: ['/events', { headers: { accept: 'text/event-stream' } }] },
  watch: { 200: ['/stream', { method: 'HEAD' }], 503: ['/stream'] },
  getPools: { 200: ['/pools'] },
  getPool: { 200: ['/pools/api'], 404: ['/pools/nothing'] },
  getTargets: { 200: ['/pools/api/targets'], 404: ['/pools/nothing/targets'] },
  addTarget: {
    201: ['/pools/api/targets', { method: 'POST', body: { url: 'http://10.0.0.9:1' } }],
    404: ['/pools/nothing/targets', { method: 'POST', body: { url: 'http://10.0.0.9:1' } }],
    409: ['/pools/api/targets', { method: 'POST', body: { url: 'http://10.0.0.1:3000' } }]
  },
  getTarget: { 200: [TARGET], 404: ['/pools/api/targets/nothing'], 409: ['/pools/both/targets/c.example:8080'] },
  changeTarget: {
    200: [TARGET, { method: 'PUT', body: { state: 'drain' } }],
    404: ['/pools/api/targets/nothing', { method: 'PUT', body: { state: 'drain' } }],
    409: ['/pools/both/targets/c.example:8080', { method: 'PUT', body: { state: 'drain' } }]
  },
  removeTarget: {
    204: [TARGET, { method: 'DELETE' }],
    404: ['/pools/api/targets/nothing', { method: 'DELETE' }],
    409: ['/pools/both/targets/c.example:8080', { method: 'DELETE' }]
  }
}

/** The answers that any operation may have are brought about in the same way for all. */
const COMMON: Readonly<Record<string, (path: string, asked: Asked) => readonly [path: string, asked: Asked]>> = {
  400: (path, asked) => [path, { ...asked, headers: { ...asked.headers, host: 'a b' } }],
  401: (path, asked) => [path, { ...asked, headers: { ...asked.headers, authorization: 'Bearer wrong' } }],
  403: (path, asked) => [path, { ...asked, headers: { ...asked.headers, 'sec-fetch-site': 'cross-site' } }],
  413: (path, asked) => [path, { ...asked, body: 'x'.repeat(20_000) }],
  414: (path, asked) => [path.replace(/^(\/\w+\/)[^/]+/, (_, start: string) => start + 'x'.repeat(2049)), asked],
  415: (path, asked) => [path, { ...asked, body: 'x', headers: { ...asked.headers, 'content-type': 'text/plain' } }]
}

for (const [id, cases] of Object.entries(CASES)) {
  t.test(`${id}: every answer that is documented occurs, and is as documented`, async t => {
    const { paths, components } = await document(await startAdmin(t))
    const operation = Object.values(paths).flatMap(methods => Object.values(methods)).find(({ operationId }) => operationId === id)
    const [[path = '/', asked = {}] = []] = Object.values(cases)
    // The stream's own case asks for its head alone, as it has no end.
    const usual = { ...asked, ...(asked.method === 'HEAD' ? { method: 'GET' } : {}) }
    for (const [status, documented] of Object.entries(operation?.responses ?? {})) {
      // Whatever else goes wrong: shown once for all.
      if (status === 'default' && cases['default'] === undefined) continue
      // A link to the page may come from anywhere, but not under a foreign name.
      if (id === 'getDashboard' && status === '403') continue
      // Nobody has to give up a place, however long it takes to take all.
      const world = await startAdmin(t, { token: TOKEN, clock: new VirtualClock() })
      const [address, wish = {}, prepare] = cases[status] ?? COMMON[status]?.(path, usual) ?? [`no case for ${status}`]
      prepare?.(world)
      const streams = status === '503' ? await fill(world) : []
      const answer = await world.ask(address, { ...wish, headers: { ...BEARER, ...wish.headers } })
      for (const { leave } of streams) leave()
      t.equal(answer.status, status === 'default' ? 500 : Number(status), `${id}: ${status}`)
      conforms(t, answer, documented, components)
    }
  })
}

t.test('the cases are those of the document', async t => {
  const { paths } = await document(await startAdmin(t))
  t.strictSame(Object.values(paths).flatMap(methods => Object.values(methods)).map(({ operationId }) => operationId).sort(), Object.keys(CASES).sort())
})

t.test('every type of a file and every refusal of a body is documented', async t => {
  const world = await startAdmin(t)
  const { paths } = await document(world)
  const documented = (path: string, method: string, status: number): readonly string[] => Object.keys(paths[path]?.[method]?.responses[status]?.content ?? {})
  const page = await world.ask('/assets/index.html')
  t.ok(documented('/assets/{file}', 'get', 200).includes(page.headers['content-type']?.split(';')[0] ?? ''))
  for (const [path, method, address] of [['/reload', 'post', '/reload'], ['/pools/{pool}/targets/{target}', 'delete', TARGET]] as const) {
    for (const asked of [{ body: 'x'.repeat(20_000) }, { body: 'x', headers: { 'content-type': 'text/plain' } }]) {
      const { status } = await world.ask(address, { method: method.toUpperCase(), ...asked })
      t.strictSame(documented(path, method, status), ['application/problem+json'], `${method} ${path}: ${status}`)
    }
  }
})

t.test('the dashboard under a foreign name', async t => {
  const world = await startAdmin(t)
  t.equal((await world.ask('/', { headers: { host: 'evil.example' } })).status, 403)
})

/** As many streams as there may be. */
async function fill (world: AdminWorld): Promise<ReadonlyArray<{ leave (): void }>> {
  return await Promise.all(Array.from({ length: 64 }, async () => {
    const stream = await world.stream('/events', BEARER)
    return { leave: () => { stream.leave() } }
  }))
}

function conforms (t: Tap, answer: Answered, documented: Documented, components: object): void {
  const type = answer.headers['content-type']?.split(';')[0] ?? ''
  if (documented.content === undefined) {
    t.equal(answer.text, '')
    return
  }
  const schema = documented.content[type]?.schema
  t.ok(schema, `${type} is documented`)
  if (!type.endsWith('json') || schema === undefined) return
  // Its references are looked up beside it.
  const validate = new Ajv({ strict: false }).compile({ ...schema, components })
  t.ok(validate(answer.json), JSON.stringify(validate.errors))
}

interface Tap { equal (found: unknown, wanted: unknown): boolean, ok (value: unknown, message: string): boolean }
