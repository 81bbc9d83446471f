import t from 'tap'
import { errors, type Dispatcher } from 'undici'
import type { LegacyCalls } from '../../src/proxy/legacy-handler.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { withTransports } from '../fixtures/upstream.js'

type Controller = Dispatcher.DispatchController
const GET = { path: '/', method: 'GET' } as const

/** A handler of the newer style that writes down what it hears, and resolves when it has heard the end. */
class Recorder implements Dispatcher.DispatchHandler {
  readonly calls: string[] = []
  readonly done: Promise<void>
  controller: Controller | null = null
  error: Error | null = null
  body = ''
  status = 0
  headers: unknown = null
  trailers: unknown = null
  readonly #hooks: Partial<Dispatcher.DispatchHandler>
  #finish = (): void => {}

  /** @param hooks called at the end of what is done anyway. */
  constructor (hooks: Partial<Dispatcher.DispatchHandler> = {}) {
    this.#hooks = hooks
    this.done = new Promise(resolve => { this.#finish = resolve })
  }

  onRequestStart (controller: Controller, context: unknown): void {
    this.calls.push('request')
    this.controller = controller
    this.#hooks.onRequestStart?.(controller, context)
  }

  onResponseStart (controller: Controller, status: number, headers: Record<string, string>, text?: string): void {
    this.calls.push(`head ${status} ${text}`)
    this.status = status
    this.headers = headers
    this.#hooks.onResponseStart?.(controller, status, headers, text)
  }

  onResponseData (controller: Controller, chunk: Buffer): void {
    if (this.calls.at(-1) !== 'data') this.calls.push('data')
    this.body += String(chunk)
    this.#hooks.onResponseData?.(controller, chunk)
  }

  onResponseEnd (controller: Controller, trailers: Record<string, string>): void {
    this.calls.push('end')
    this.trailers = trailers
    this.#finish()
    this.#hooks.onResponseEnd?.(controller, trailers)
  }

  onResponseError (_controller: Controller, error: Error): void {
    this.calls.push('error')
    this.error = error
    this.#finish()
  }
}

withTransports(t, 'a handler of the newer style', async (t, made) => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['X-A', '1', 'x-a', '\xe9'], body: ['one', 'two'], trailers: ['X-Sum', '6'] }, [[103, 'Early Hints', ['Link', '</a>']]]))
  const recorder = new Recorder()
  t.equal(made.dispatcher(made.upstream([backend.url])).dispatch(GET, recorder), true)
  await recorder.done
  t.strictSame(recorder.calls, ['request', 'head 103 Early Hints', 'head 200 OK', 'data', 'end'])
  t.equal(recorder.body, 'onetwo')
  t.match(recorder.headers, { 'x-a': ['1', '\xe9'] })
  t.match(recorder.trailers, { 'x-sum': '6' })
  const { rawHeaders, rawTrailers } = recorder.controller ?? {}
  t.ok(Array.isArray(rawHeaders) && rawHeaders.map(field => field.toString('latin1')).join().includes('X-A,1,x-a,\xe9'), 'as the target sent them')
  t.strictSame(Array.isArray(rawTrailers) && rawTrailers.map(String), ['X-Sum', '6'])
  t.match(recorder.controller, { aborted: false, paused: false, reason: null })
  recorder.controller?.abort(new Error('too late'))
  t.match(recorder.controller, { aborted: false })
  t.equal(recorder.calls.at(-1), 'end')
})

withTransports(t, 'a pause holds back everything, until it is over', async (t, made) => {
  for (const body of ['text', '']) {
    const backend = await startBackend(t, behaviours.ok({ body }))
    const upstream = made.upstream([backend.url])
    let headSeen = (): void => {}
    const head = new Promise<void>(resolve => { headSeen = resolve })
    const recorder = new Recorder({ onResponseStart: controller => { controller.pause(); headSeen() } })
    made.dispatcher(upstream).dispatch(GET, recorder)
    await head
    for (let i = 0; i < 5; i++) await new Promise(resolve => { setImmediate(resolve) })
    t.strictSame(recorder.calls, ['request', 'head 200 OK'])
    t.equal(recorder.controller?.paused, true)
    recorder.controller?.resume()
    await recorder.done
    t.strictSame(recorder.calls, ['request', 'head 200 OK', ...body === '' ? [] : ['data'], 'end'])
    t.equal(recorder.body, body)
  }
})

withTransports(t, 'a handler may pause after each piece, and resume from within', async (t, made) => {
  const pieces = Array.from({ length: 50 }, (_, i) => `piece ${i} `)
  const backend = await startBackend(t, behaviours.ok({ body: pieces, chunked: true }))
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const later = new Recorder({ onResponseData: controller => { controller.pause(); setImmediate(() => { controller.resume() }) } })
  dispatcher.dispatch(GET, later)
  await later.done
  t.equal(later.body, pieces.join(''))
  const within = new Recorder({ onResponseData: controller => { controller.pause(); controller.resume(); controller.resume() } })
  dispatcher.dispatch(GET, within)
  await within.done
  t.equal(within.body, pieces.join(''))
})

withTransports(t, 'abort from within each call, and from outside', async (t, made) => {
  const backend = await startBackend(t, 'stall')
  const upstream = made.upstream([backend.url])
  const dispatcher = made.dispatcher(upstream)
  const reason = new Error('enough')
  const abort = (controller: Controller): void => { controller.abort(reason) }
  const cases: ReadonlyArray<readonly [Partial<Dispatcher.DispatchHandler>, readonly string[]]> = [
    [{ onRequestStart: abort }, ['request', 'error']],
    [{ onResponseStart: abort }, ['request', 'head 200 OK', 'error']],
    [{ onResponseData: abort }, ['request', 'head 200 OK', 'data', 'error']],
    [{ onResponseStart: controller => { controller.pause(); setImmediate(abort, controller) } }, ['request', 'head 200 OK', 'error']]
  ]
  for (const [hooks, calls] of cases) {
    const recorder = new Recorder(hooks)
    dispatcher.dispatch(GET, recorder)
    await recorder.done
    t.strictSame(recorder.calls, calls)
    t.equal(recorder.error, reason)
    t.match(recorder.controller, { aborted: true, reason })
    await upstream.untilIdle()
  }
  t.equal(backend.requests.length, 3, 'one was given up before it began')
})

withTransports(t, 'a handler that throws gives its request up', async (t, made) => {
  const backend = await startBackend(t, behaviours.ok({ body: 'text' }))
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const thrower = (): never => { throw new Error('thrown') }
  for (const call of ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const) {
    const recorder = new Recorder({ [call]: thrower })
    dispatcher.dispatch(GET, recorder)
    await recorder.done
    if (call === 'onResponseEnd') await new Promise(resolve => { setImmediate(resolve) })
    t.match(recorder.error, { message: 'thrown' }, call)
  }
})

withTransports(t, 'a handler of the older style', async (t, made) => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['X-A', '1'], body: ['one', 'two'], trailers: ['X-Sum', '6'] }, [[103, 'Early Hints', []]]))
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const calls: unknown[] = []
  let go = (): void => {}
  await new Promise<void>((resolve, reject) => {
    const handler: LegacyCalls = {
      onConnect: abort => { calls.push(typeof abort) },
      onBodySent: chunk => { calls.push(`sent ${String(chunk)}`) },
      onRequestSent: () => { calls.push('all sent') },
      onHeaders: (status, headers, resume, text) => {
        calls.push(`${status} ${text}`)
        if (status >= 200) t.ok(headers.join().startsWith('X-A,1,'))
        go = resume
        return status >= 200
      },
      onData: chunk => {
        calls.push(String(chunk))
        setImmediate(go)
        return false
      },
      onComplete: trailers => { calls.push(trailers.join()); resolve() },
      onError: reject
    }
    // The declared types of the older calls are not how undici makes them.
    dispatcher.dispatch({ ...GET, method: 'POST', body: 'body' }, handler as unknown as Dispatcher.DispatchHandler)
  })
  t.strictSame(calls, ['function', 'sent body', 'all sent', '103 Early Hints', '200 OK', 'one', 'two', 'X-Sum,6'])
})

withTransports(t, 'a handler of the older style aborts without a reason', async (t, made) => {
  const backend = await startBackend(t, 'hang')
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  let abort = (): void => {}
  const failed = new Promise<Error>(resolve => {
    const handler: LegacyCalls = { onConnect: by => { abort = by }, onError: resolve }
    dispatcher.dispatch(GET, handler as unknown as Dispatcher.DispatchHandler) // as above
  })
  await backend.until(() => backend.requests.length === 1)
  abort()
  t.match(await failed, { code: 'UND_ERR_ABORTED' })
  await backend.until(() => backend.last.aborted)
})

withTransports(t, 'what is wrong with a request reaches the handler; a handler that is none is refused', async (t, made) => {
  const dispatcher = made.dispatcher(made.upstream([]))
  const recorder = new Recorder()
  t.equal(dispatcher.dispatch({ path: 'nowhere', method: 'GET' }, recorder), false)
  t.strictSame(recorder.calls, ['error'])
  t.ok(recorder.error instanceof errors.InvalidArgumentError)
  const unheard = new Recorder()
  dispatcher.dispatch(GET, unheard)
  t.strictSame(unheard.calls, ['request', 'error'])
  t.match(unheard.error, { code: 'ENOTFOUND' })
  for (const none of [null, undefined, 5, {}, { onConnect () {} }]) {
    t.throws(() => dispatcher.dispatch(GET, none as unknown as Dispatcher.DispatchHandler), { code: 'UND_ERR_INVALID_ARG' }) // deliberately not one
  }
})
