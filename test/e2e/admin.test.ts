import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { configFile, runProgram, type Program } from '../fixtures/program.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { isRecord, valueAt } from '../../src/config/place.js'

const TOKEN = 'a token would have no spaces'.replaceAll(' ', '-')

/** The program with an admin listener, and a way to talk to it. */
async function startAdmin (t: Parameters<typeof runProgram>[0], config: object) {
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0, token: TOKEN }, ...config })
  const program = runProgram(t, ['--config', file])
  await program.until(() => program.named('admin listening').length === 1)
  const url = String(program.named('admin listening')[0]?.['address'])
  const ask = async (path: string, method = 'GET', body?: object): Promise<{ status: number, text: string, json: unknown }> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    const json: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null
    return { status: response.status, text, json }
  }
  return { program, file, url, ask }
}

function states (json: unknown): unknown[] {
  const targets = valueAt(json, ['targets'])
  return Array.isArray(targets) ? targets.filter(isRecord).map(({ state, weight }) => [state, weight]) : []
}

async function served (program: Program, count: number): Promise<void> {
  for (let i = 0; i < count; i++) t.equal((await get(t, program.port, '/')).status, 200)
}

t.test('targets are drained, weighted, added and removed; it holds over a reload, and the log tells', async t => {
  const [one, two, three] = [await startBackend(t), await startBackend(t), await startBackend(t)]
  const { program, ask } = await startAdmin(t, { pools: { api: { targets: [one.url, two.url] } } })
  const path = (url: string): string => `/pools/api/targets/${encodeURIComponent(url)}`
  await served(program, 4)
  t.strictSame([one.requests.length, two.requests.length], [2, 2])

  t.equal((await ask(path(one.url), 'PUT', { state: 'drain' })).status, 200)
  await served(program, 4)
  t.strictSame([one.requests.length, two.requests.length], [2, 6])
  t.equal((await ask('/reload', 'POST')).status, 200)
  t.match(states((await ask('/pools/api')).json), [['drain', 1], ['up', 1]], 'a reload is no word on it')
  await program.until(() => program.named('what admins have changed by hand goes on').length > 0)
  t.match(program.named('what admins have changed by hand goes on'), [{ changes: [`api/${one.url} is drain`] }])

  t.equal((await ask(path(one.url), 'PUT', { state: 'ready', weight: 3 })).status, 200)
  await served(program, 8)
  t.strictSame([one.requests.length, two.requests.length], [8, 8])

  t.equal((await ask('/pools/api/targets', 'POST', { url: three.url })).status, 201)
  t.equal((await ask('/pools/api/targets', 'POST', { url: three.url })).status, 409)
  t.equal((await ask(path(two.url), 'DELETE')).status, 204)
  t.equal((await ask(path(two.url), 'DELETE')).status, 404)
  await served(program, 4)
  t.strictSame([one.requests.length, two.requests.length, three.requests.length], [11, 8, 1])
  t.equal((await ask(path(three.url), 'PUT', { state: 'maint' })).status, 200)
  t.match(states((await ask('/pools/api')).json), [['up', 3], ['maint', 1]])
  await program.until(() => program.lines.filter(({ msg }) => msg.startsWith('target was ')).length === 6)
})

t.test('a change by hand does not undo a reload that is under way, and holds beside it', async t => {
  let answer = (): void => {}
  const [one, slow] = [await startBackend(t), await startBackend(t, behaviours.slow(new Promise(resolve => { answer = resolve })))]
  const healthCheck = { path: '/health', timeout: '1h', interval: '1h' }
  const { program, file, ask } = await startAdmin(t, { pools: { api: { targets: [one.url], healthCheck } } })
  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0, token: TOKEN }, pools: { api: { targets: [one.url, slow.url], healthCheck } } }))
  const reloaded = ask('/reload', 'POST')
  await slow.until(() => slow.requests.length === 1)
  const changed = ask(`/pools/api/targets/${encodeURIComponent(one.url)}`, 'PUT', { weight: 4 })
  // It is told before it waits for the reload to end.
  await program.until(() => program.lines.some(({ msg }) => msg.startsWith('target was given weight 4')))
  answer()
  t.equal((await changed).status, 200)
  t.equal((await reloaded).status, 200)
  t.match(states((await ask('/pools/api')).json), [['up', 4], ['up', 1]])
})

t.test('one that is taken out by hand comes back as it is asked to', async t => {
  const [one, two] = [await startBackend(t), await startBackend(t)]
  const { ask } = await startAdmin(t, { pools: { api: { targets: [one.url, two.url] } } })
  t.equal((await ask(`/pools/api/targets/${encodeURIComponent(two.url)}`, 'DELETE')).status, 204)
  t.equal((await ask('/pools/api/targets', 'POST', { url: two.url, weight: 5 })).status, 201)
  t.match(states((await ask('/pools/api')).json), [['up', 1], ['up', 5]])
})

t.test('a reload that would move the admin listener is refused', async t => {
  const backend = await startBackend(t)
  const { file, ask } = await startAdmin(t, { pools: { api: { targets: [backend.url] } } })
  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0, token: `${TOKEN}-2` }, pools: { api: { targets: [backend.url] } } }))
  const { status, text } = await ask('/reload', 'POST')
  t.equal(status, 422)
  t.match(text, /restart the program/)
})

t.test('what happened is counted: metrics, events, and what runs', async t => {
  const backend = await startBackend(t)
  const { program, ask, url, file } = await startAdmin(t, { pools: { api: { targets: [backend.url] } }, log: { access: false } })
  await served(program, 5)
  const { text } = await ask('/metrics')
  t.match(text, new RegExp(`^headrace_requests_total\\{[^}]*target="${backend.url}"[^}]*\\} 5$`, 'm'))
  t.match((await ask('/events')).text, /listens on/)
  t.match((await ask('/config')).json, { pools: { api: { targets: [{ url: backend.url }] } }, admin: { token: '(redacted)' } })
  t.notMatch((await ask('/config')).text, TOKEN)
  t.equal((await fetch(new URL('/readyz', url))).status, 200)
  t.equal((await fetch(new URL('/pools', url))).status, 401)

  const against = runProgram(t, ['check', '--config', file, '--against', url], { HEADRACE_ADMIN_TOKEN: TOKEN })
  t.same(await against.exited, { code: 0, signal: null }, against.stderr)
  t.equal(against.stdout, 'changes nothing (secrets are not compared)\n')
  const other = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0, token: TOKEN }, log: { access: false }, pools: { api: { targets: [backend.url, 'http://127.0.0.1:9'], strategy: 'random' } } })
  const changed = runProgram(t, ['check', '--config', other, '--against', url, '--token', TOKEN])
  t.same(await changed.exited, { code: 0, signal: null }, changed.stderr)
  t.equal(changed.stdout, 'pool api: adds 1 target (http://127.0.0.1:9)\npool api: changes the strategy from round-robin to random\n')
  const denied = runProgram(t, ['check', '--config', file, '--against', url])
  t.same(await denied.exited, { code: 1, signal: null })
  t.match(denied.stderr, /answers 401: give the admin token/)
  const elsewhere = runProgram(t, ['check', '--config', file, '--against', (await startBackend(t, behaviours.ok({ body: 'no JSON' }))).url])
  t.same(await elsewhere.exited, { code: 1, signal: null })
  t.match(elsewhere.stderr, /^headrace: http:\S+ gives no config: it is no admin listener\n$/)
})

t.test('check --against: an admin listener on a Unix socket, one that does not answer, and what only a restart changes', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'admin.sock')
  const base = { listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [backend.url] } } }
  const program = runProgram(t, ['--config', await configFile(t, { ...base, admin: { path } })])
  await program.until(() => program.named('admin listening').length === 1)
  const check = async (config: object, url: string) => {
    const run = runProgram(t, ['check', '--config', await configFile(t, config), '--against', url])
    return { ...await run.exited, stdout: run.stdout, stderr: run.stderr }
  }
  t.same(await check({ ...base, admin: { path }, watch: true }, `unix:${path}`), { code: 0, signal: null, stdout: 'changes watch from false to true\n', stderr: '' })
  const { stdout } = await check({ ...base, admin: { path: `${path}2` }, workers: 2 }, String(program.named('admin listening')[0]?.['address']))
  t.match(stdout, /^changes admin\.path .*\(only by a restart: a reload of this file is refused\)\nchanges workers from 1 to 2 \(only by a restart/)
  const silent = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => { silent.close() })
  const address = silent.address()
  const { code, stderr } = await check(base, `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
  t.equal(code, 1)
  t.match(stderr, /no answer within 5 s/)
})

t.test('an admin listener that others can reach needs a token', async t => {
  const file = await configFile(t, { admin: { host: '0.0.0.0' }, pools: { api: { targets: ['http://127.0.0.1:9'] } } })
  const program = runProgram(t, ['--config', file])
  t.same(await program.exited, { code: 2, signal: null })
  t.equal(program.stderr, 'admin.token: required, as others can reach "0.0.0.0"\n')
})

t.test('readiness is about requests: targets that are down are tried anyway, one that is full has a queue', async t => {
  const backend = await startBackend(t)
  backend.behave(behaviours.ok({ status: 500 }))
  const pool = { targets: [backend.url], maxConnections: 1, healthCheck: { path: '/health', interval: '50ms', fall: 1 } }
  const { program, url, file } = await startAdmin(t, { pools: { api: pool } })
  await program.until(() => program.named('target is down').length === 1)
  t.equal((await get(t, program.port, '/')).status, 500, 'requests are tried')
  t.equal((await fetch(new URL('/readyz', url))).status, 200)
  const { listen, admin } = { listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0, token: TOKEN } }
  await writeFile(file, JSON.stringify({ listen, admin, pools: { api: { ...pool, whenAllDown: 'fail' } } }))
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.equal((await fetch(new URL('/readyz', url))).status, 503)
  backend.behave('hang')
  await writeFile(file, JSON.stringify({ listen, admin, pools: { api: { ...pool, healthCheck: false } } }))
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 2)
  const client = (await connect(t, program.port)).get('/hang')
  await backend.until(() => backend.requests.some(({ url }) => url === '/hang'))
  t.equal((await fetch(new URL('/readyz', url))).status, 200, 'all of its connections are taken')
  client.leave()
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('what an admin does is told before what follows from it', async t => {
  const backend = await startBackend(t)
  const { program, ask } = await startAdmin(t, { pools: { api: { targets: [backend.url] } } })
  t.equal((await ask(`/pools/api/targets/${encodeURIComponent(backend.url)}`, 'PUT', { state: 'drain' })).status, 200)
  await program.until(() => program.named('target has drained').length === 1)
  const { json } = await ask('/events')
  const kinds = Array.isArray(valueAt(json, ['events'])) ? (valueAt(json, ['events']) as unknown[]).filter(isRecord).map(({ kind }) => kind) : json
  t.strictSame(kinds, ['start', 'drain', 'drained'])
  t.same(await program.stop(), { code: 0, signal: null })
})
