import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import type { LoadReport } from '../balancing/load-report.js'
import { isDraining, STATE_FIELD } from '../base/backend-state.js'
import type { TargetAddress } from '../upstream/address.js'
import type { TlsOptions } from '../upstream/tls-options.js'
import type { HttpHealthCheck } from './health-check.js'
import { parseLoadReport } from './parse-load-report.js'
import type { Probe } from './probe.js'
import { TargetDraining } from './target-draining.js'
import { untilAborted } from './until-aborted.js'

/** Bytes of a response body that are read at most. */
const BODY_LIMIT = 64 * 1024

export type HttpProbeOptions = Pick<HttpHealthCheck, 'path' | 'method' | 'headers' | 'status' | 'bodyContains' | 'host' | 'port'>

/**
 * Passes if the target answers with an expected status and the rest of the answer, up to 64 kB, arrives and holds what it
 * should. A JSON body may tell the target's load. Each probe has a connection of its own, which is gone at the end; redirects are answers like any other.
 */
export class HttpProbe implements Probe {
  readonly #options: HttpProbeOptions
  readonly #tls: TlsOptions

  constructor (options: HttpProbeOptions, tls: TlsOptions) {
    this.#options = options
    this.#tls = tls
  }

  async check (address: TargetAddress, signal: AbortSignal): Promise<LoadReport | null> {
    return await untilAborted<LoadReport | null>(signal, (pass, fail) => {
      const request = this.#send(address)
      let answered = false
      request.once('response', response => {
        answered = true
        this.#read(response, pass, fail)
      })
      // A listener must be there, or node drops the connection without a word of the status.
      request.once('upgrade', (response, socket) => {
        // From now on it is ours: some versions of Node do not close it with the request.
        socket.destroy()
        this.#isExpected(response, fail) && pass(null)
      })
      request.on('error', fail)
      // It may close before the last of a response was read.
      request.once('close', () => { answered || fail(new Error('connection closed before the response')) })
      request.end()
      return () => { request.destroy() }
    })
  }

  #send (address: TargetAddress): ClientRequest {
    const { method, path } = this.#options
    const common = { agent: false, method, path, setHost: false, headers: this.#headers(address) } as const
    if (address.socketPath !== null) return httpRequest({ ...common, socketPath: address.socketPath })
    const where = { ...common, host: address.hostname, port: this.#options.port ?? address.port }
    return address.protocol === 'https:' ? httpsRequest({ ...where, ...secured(address, this.#tls) }) : httpRequest(where)
  }

  /** As node takes them: a field that comes more than once is one entry with a list. */
  #headers (address: TargetAddress): Record<string, string | string[]> {
    const { headers, host } = this.#options
    const fields = new Map<string, { name: string, values: string[] }>()
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] ?? ''
      const field = fields.get(name.toLowerCase()) ?? { name, values: [] }
      field.values.push(headers[i + 1] ?? '')
      fields.set(name.toLowerCase(), field)
    }
    if (host !== null || !fields.has('host')) fields.set('host', { name: 'Host', values: [host ?? this.#authority(address)] })
    if (!fields.has('user-agent')) fields.set('user-agent', { name: 'User-Agent', values: ['headrace-health-check'] })
    return Object.fromEntries([...fields.values()].map(({ name, values }) => [name, values.length === 1 ? values[0] ?? '' : values]))
  }

  #authority (address: TargetAddress): string {
    const { port } = this.#options
    if (port === null || address.socketPath !== null) return address.authority
    return `${isIP(address.hostname) === 6 ? `[${address.hostname}]` : address.hostname}:${port}`
  }

  #isExpected (response: IncomingMessage, fail: (reason: unknown) => void): boolean {
    const status = response.statusCode ?? 0
    if (isDraining(response.headers[STATE_FIELD.toLowerCase()]?.toString())) {
      fail(new TargetDraining())
      return false
    }
    if (this.#options.status.some(({ from, to }) => from <= status && status <= to)) return true
    fail(new Error(`status ${status}`))
    return false
  }

  #read (response: IncomingMessage, pass: (report: LoadReport | null) => void, fail: (reason: unknown) => void): void {
    if (!this.#isExpected(response, fail)) return
    const chunks: Buffer[] = []
    let length = 0
    const judge = (): void => {
      const { bodyContains } = this.#options
      const body = Buffer.concat(chunks).subarray(0, BODY_LIMIT)
      if (bodyContains === null || body.includes(bodyContains)) pass(parseLoadReport(response.headers['content-type'], body))
      else fail(new Error(`body does not contain ${JSON.stringify(bodyContains)}`))
    }
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= BODY_LIMIT) judge()
    })
    response.once('end', judge)
    response.on('error', () => {})
    // Comes after 'end', if that comes.
    response.once('close', () => { fail(new Error('response cut short')) })
  }
}

function secured (address: TargetAddress, tls: TlsOptions): RequestOptions {
  return {
    rejectUnauthorized: tls.verify !== false,
    // Said outright, for node would take it from the Host field.
    servername: tls.serverName ?? (isIP(address.hostname) === 0 ? address.hostname : ''),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.certificate !== undefined && { cert: tls.certificate }),
    ...(tls.key !== undefined && { key: tls.key })
  }
}
