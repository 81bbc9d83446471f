import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { connect, get } from '../fixtures/client.js'
import { Waiter } from '../fixtures/waiter.js'

const FIELD = 'headrace-backend'
const STOPPED = 'stopped accepting connections'

// A backend as its users write it, with timers that would keep it alive.
const SOURCE = `
import Fastify from 'fastify'
import headraceBackend from ${JSON.stringify(new URL('../../dist/backend/index.js', import.meta.url).href)}
const app = Fastify({ logger: { level: 'info' } })
await app.register(headraceBackend, JSON.parse(process.argv[1]))
const released = new Promise(resolve => process.once('message', resolve))
app.get('/', async () => 'x'.repeat(5000))
app.get('/slow', async () => {
  process.send('slow')
  await released
  return 'late'
})
app.addHook('onClose', async () => { app.log.info('hooks have run') })
setInterval(() => {}, 1000)
process.send(await app.listen({ host: '127.0.0.1', port: 0 }))
`

/** A backend with the plugin, as a process of its own. */
class Backend {
  readonly exited: Promise<number | null>
  readonly messages: unknown[] = []
  port = 0
  #output = ''
  #gone = false
  readonly #child: ChildProcess
  readonly #waiter = new Waiter()

  constructor (options: object) {
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', SOURCE, JSON.stringify(options)], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { PATH: process.env['PATH'] }
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#waiter.changed()
    })
    this.#child.on('message', message => {
      this.messages.push(message)
      this.#waiter.changed()
    })
    this.exited = once(this.#child, 'close').then(([code]) => {
      this.#gone = true
      this.#waiter.changed()
      // The event's first argument.
      return code as number | null
    })
  }

  /** Resolves when it has logged this. */
  async logged (message: string): Promise<void> {
    await this.until(() => this.has(message))
  }

  has (message: string): boolean {
    return this.#output.includes(`"msg":"${message}"`)
  }

  async until (condition: () => boolean): Promise<void> {
    await this.#waiter.until(() => condition() || this.#gone, condition.toString(), 30_000)
    if (!condition()) throw new Error(`the backend ended: ${this.#output.slice(-2000)}`)
  }

  changed (): void {
    this.#waiter.changed()
  }

  release (): void {
    this.#child.send('release')
  }

  kill (signal: NodeJS.Signals): void {
    if (!this.#gone) this.#child.kill(signal)
  }
}

async function start (t: Test, options: object = {}): Promise<Backend> {
  const backend = new Backend(options)
  t.teardown(async () => {
    backend.kill('SIGKILL')
    await backend.exited
  })
  await backend.until(() => backend.messages.length > 0)
  backend.port = Number(new URL(String(backend.messages[0])).port)
  return backend
}

interface Answer {
  readonly status: number | undefined
  readonly body: string
  readonly draining: boolean
  readonly connection: string | undefined
}

/** As a proxy asks: over connections that it keeps. */
async function ask (agent: http.Agent, port: number, path: string): Promise<Answer> {
  const request = http.get({ host: '127.0.0.1', port, path, agent })
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, body, draining: response.headers[FIELD] === 'draining', connection: response.headers.connection }
}

function agent (t: Test): http.Agent {
  const made = new http.Agent({ keepAlive: true })
  t.teardown(() => { made.destroy() })
  return made
}

t.test('SIGTERM under load: clients that heed the field lose nothing, what is under way is finished, exit code 0', async t => {
  // Longer than this process may stand still: after that the backend closes connections of which it has not heard.
  const backend = await start(t, { quiet: '3s' })
  const { port } = backend
  const kept = agent(t)
  const answers: Answer[] = []
  let said = false
  const worker = async (): Promise<void> => {
    for (;;) {
      const sentAfter = said
      const answer = await ask(kept, port, '/')
      answers.push(answer)
      backend.changed()
      if (sentAfter && !answer.draining) throw new Error('a response does not say that the backend is draining')
      if (answer.draining) return
    }
  }
  const prober = async (): Promise<Answer> => {
    for (;;) {
      const answer = await ask(kept, port, '/health')
      if (answer.draining) return answer
    }
  }
  t.equal((await ask(kept, port, '/health')).status, 200)
  const slow = ask(kept, port, '/slow')
  const asking = Promise.all([prober(), ...Array.from({ length: 10 }, worker)])
  await backend.until(() => answers.length > 500 && backend.messages.includes('slow'))
  backend.kill('SIGTERM')
  await backend.logged('draining')
  said = true
  const [health] = await asking
  t.equal(health.status, 503)
  t.match(JSON.parse(health.body), { status: 'draining', inflight: Number, requests: Number })
  t.ok(answers.every(({ status, body }) => status === 200 && body.length === 5000))
  await backend.logged(STOPPED)
  backend.release()
  t.match(await slow, { status: 200, body: 'late', draining: true, connection: 'close' })
  t.equal(await backend.exited, 0)
  t.ok(backend.has('drained') && backend.has('hooks have run'))
})

t.test('clients that do not heed the field are served until the notice is over, and then told to close: no 503, no answer that breaks off', async t => {
  // No connection is closed for being idle, however long this process stands still.
  const backend = await start(t, { notice: '500ms', quiet: '1h' })
  const answers: Array<{ status: number, draining: boolean, close: boolean }> = []
  const worker = async (): Promise<void> => {
    const client = await connect(t, backend.port)
    for (;;) {
      const { status, body, header } = await client.get('/').response()
      if (body.length !== 5000) throw new Error('an answer broke off')
      const close = header('connection') === 'close'
      answers.push({ status, draining: header(FIELD) === 'draining', close })
      backend.changed()
      if (close) return
    }
  }
  const workers = Promise.all(Array.from({ length: 10 }, worker))
  await backend.until(() => answers.length > 500)
  backend.kill('SIGTERM')
  await workers
  t.equal(answers.filter(({ status }) => status !== 200).length, 0)
  t.equal(answers.filter(({ close, draining }) => close && draining).length, 10, 'each connection has a last answer')
  t.equal(await backend.exited, 0)
})

t.test('the deadline cuts what hangs: exit code 0', async t => {
  const backend = await start(t, { quiet: '0s', timeout: '100ms' })
  const client = (await connect(t, backend.port)).get('/slow')
  await backend.until(() => backend.messages.includes('slow'))
  backend.kill('SIGTERM')
  t.equal(await client.end(), '')
  t.equal(await backend.exited, 0)
})

t.test('a second signal ends it at once: exit code 1', async t => {
  const backend = await start(t, { quiet: '1h', notice: '1h', signals: ['SIGINT', 'SIGTERM'] })
  backend.kill('SIGINT')
  await backend.logged('draining')
  t.match(await get(t, backend.port, '/health'), { status: 503 })
  backend.kill('SIGTERM')
  t.equal(await backend.exited, 1)
})
