import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock, type Clock } from '../../src/base/clock.js'
import { createAdminListener, type AdminListener } from '../../src/admin/listener.js'
import { CapturedLog } from '../fixtures/proxy.js'
import { Waiter } from '../fixtures/waiter.js'
import { FakeControl } from './fake-control.js'

interface Teardown { teardown (fn: () => Promise<void> | void): void }

/** Where the build puts the dashboard. */
export const BUILT = new URL('../../dist/dashboard/', import.meta.url)

export interface Answered {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The body, read as JSON. */
  readonly json: any
}

export interface Asked {
  readonly method?: string
  readonly headers?: http.OutgoingHttpHeaders
  /** Sent as JSON if it is no string. */
  readonly body?: unknown
}

/** An admin listener on a free port, and what a client asks of it. */
export class AdminWorld {
  readonly control: FakeControl
  readonly log: CapturedLog
  readonly listener: AdminListener

  constructor (control: FakeControl, log: CapturedLog, listener: AdminListener) {
    this.control = control
    this.log = log
    this.listener = listener
  }

  get port (): number {
    // It listens on TCP.
    return (this.listener.server.address() as AddressInfo).port
  }

  async ask (path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
    return await ask({ host: '127.0.0.1', port: this.port }, path, { method, headers, body })
  }

  stream (path: string, headers: http.OutgoingHttpHeaders = {}): Promise<StreamClient> {
    return openStream(this.port, path, headers)
  }
}

/** One request on a connection of its own. */
export async function ask (to: { readonly host: string, readonly port: number } | { readonly socketPath: string }, path: string, { method = 'GET', headers = {}, body }: Asked): Promise<Answered> {
  const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const request = http.request({
    ...to, path, method, agent: false, headers: { ...(sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }), ...headers }
  })
  request.end(sent)
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode ?? 0, headers: response.headers, text, get json () { return JSON.parse(text) } }
}

/** What a stream said, taken apart as browsers do. */
export interface Message {
  readonly event: string
  readonly id: string
  readonly data: string
}

export class StreamClient {
  readonly messages: Message[] = []
  heartbeats = 0
  ended = false
  readonly response: http.IncomingMessage
  readonly #waiter = new Waiter()
  #rest = ''

  constructor (response: http.IncomingMessage) {
    this.response = response
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (this.#rest + text).split('\n\n')
      this.#rest = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
      this.#waiter.changed()
    })
    response.on('error', () => {})
    response.on('close', () => {
      this.ended = true
      this.#waiter.changed()
    })
  }

  /** Resolves with the first `count` messages. */
  async wait (count: number): Promise<Message[]> {
    await this.#waiter.until(() => this.messages.length >= count, `${count} messages`)
    return this.messages.slice(0, count)
  }

  until (condition: () => boolean): Promise<void> {
    return this.#waiter.until(condition)
  }

  leave (): void {
    this.response.destroy()
  }

  #take (block: string): void {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
    if (block.startsWith(':')) this.heartbeats++
    else if (field('data') !== '') this.messages.push({ event: field('event'), id: field('id'), data: field('data') })
  }
}

async function openStream (port: number, path: string, headers: http.OutgoingHttpHeaders): Promise<StreamClient> {
  const request = http.get({ host: '127.0.0.1', port, path, agent: false, headers: { accept: 'text/event-stream', ...headers } })
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  return new StreamClient(response)
}

export interface WorldOptions {
  readonly token?: string | null
  readonly clock?: Clock
  readonly control?: FakeControl
  readonly assets?: URL
  /** Listen on this Unix socket. */
  readonly path?: string
}

export async function startAdmin (t: Teardown, { token = null, clock = systemClock, control = new FakeControl(clock), assets = BUILT, path }: WorldOptions = {}): Promise<AdminWorld> {
  const log = new CapturedLog()
  const listener = await createAdminListener({ control, token, clock, log: log.logger, assets })
  if (path === undefined) listener.server.listen(0, '127.0.0.1')
  else listener.server.listen(path)
  await once(listener.server, 'listening')
  t.teardown(() => listener.close())
  return new AdminWorld(control, log, listener)
}
