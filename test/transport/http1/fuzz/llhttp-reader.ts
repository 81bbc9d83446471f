import { createRequire } from 'node:module'
import type { Outcome, Reading, Sample } from './reading.js'

/** What llhttp's WebAssembly module offers, as far as it is used here. Parsers, buffers and texts are addresses. */
interface Llhttp {
  readonly memory: { readonly buffer: ArrayBuffer }
  malloc (size: number): number
  free (address: number): void
  llhttp_alloc (type: number): number
  llhttp_free (parser: number): void
  llhttp_execute (parser: number, bytes: number, length: number): number
  llhttp_finish (parser: number): number
  llhttp_get_error_pos (parser: number): number
  llhttp_get_error_reason (parser: number): number
  llhttp_should_keep_alive (parser: number): number
}

type Callback = (parser: number, first: number, second: number, third: number) => number

// The types of Node 20 do not know this global.
declare const WebAssembly: {
  readonly Module: new (code: Buffer) => object
  readonly Instance: new (module: object, imports: { readonly env: Readonly<Record<string, Callback>> }) => { readonly exports: unknown }
}

/** llhttp's words. */
const RESPONSE = 2
const OK = 0
const PAUSED = 21
const PAUSED_UPGRADE = 22
/** What `on_headers_complete` may answer. */
const ABORT = -1
const GO_ON = 0
const NO_BODY = 1
const OTHER_PROTOCOL = 2

/**
 * Reads samples with the llhttp inside undici, driven as undici's client drives it, with no lenient flag set. Where that client
 * adds rules of its own, this does not: it refuses 100 since it never asks for one, compares a Content-Length with the body even
 * where there is none, and goes on to the next response.
 */
export class LlhttpReader {
  readonly #llhttp: Llhttp
  #buffer = 0
  #size = 0
  #parser = 0
  #method = ''
  #upgrade = false

  #informational: Array<{ status: number, headers: readonly string[] }> = []
  #fields: string[] = []
  #status = 0
  #headers: readonly string[] = []
  #trailers: readonly string[] = []
  #body = ''
  #complete = false
  #persistent = false

  constructor () {
    const code: Buffer = createRequire(import.meta.url)('undici/lib/llhttp/llhttp_simd-wasm.js')
    const env = {
      wasm_on_message_begin: () => GO_ON,
      wasm_on_url: () => GO_ON,
      wasm_on_status: () => GO_ON,
      wasm_on_header_field: (_parser: number, at: number, length: number) => this.#add(0, at, length),
      wasm_on_header_value: (_parser: number, at: number, length: number) => this.#add(1, at, length),
      wasm_on_headers_complete: (_parser: number, status: number, upgrade: number) => this.#headEnded(status, upgrade === 1),
      wasm_on_body: (_parser: number, at: number, length: number) => {
        this.#body += this.#text(at, length)
        return GO_ON
      },
      wasm_on_message_complete: () => this.#messageEnded()
    }
    // The module exports these functions; were one missing, its first call would say so.
    this.#llhttp = new WebAssembly.Instance(new WebAssembly.Module(code), { env }).exports as Llhttp
  }

  /** @param pieces the sample's bytes, as they come. */
  read (sample: Sample, pieces: readonly Buffer[] = [sample.bytes]): Reading {
    this.#begin(sample)
    const parser = this.#parser = this.#llhttp.llhttp_alloc(RESPONSE)
    let code = OK
    let rest = ''
    for (const piece of pieces) {
      if (code === OK) {
        code = this.#execute(piece)
        if (code !== OK) rest = piece.toString('latin1', this.#llhttp.llhttp_get_error_pos(parser) - this.#buffer)
      } else {
        rest += piece.toString('latin1')
      }
    }
    if (code === OK && sample.close) this.#llhttp.llhttp_finish(parser)
    const reason = this.#reason(code)
    this.#llhttp.llhttp_free(parser)
    return this.#reading(this.#outcome(code), reason, rest)
  }

  #begin ({ method, upgrade }: Sample): void {
    this.#method = method
    this.#upgrade = upgrade
    this.#informational = []
    this.#fields = []
    this.#status = 0
    this.#headers = []
    this.#trailers = []
    this.#body = ''
    this.#complete = false
    this.#persistent = false
  }

  #execute (piece: Buffer): number {
    if (piece.length > this.#size) {
      if (this.#buffer !== 0) this.#llhttp.free(this.#buffer)
      this.#size = Math.ceil(piece.length / 4096) * 4096
      this.#buffer = this.#llhttp.malloc(this.#size)
    }
    new Uint8Array(this.#llhttp.memory.buffer, this.#buffer, piece.length).set(piece)
    return this.#llhttp.llhttp_execute(this.#parser, this.#buffer, piece.length)
  }

  #outcome (code: number): Outcome {
    if (this.#complete) return 'complete'
    if (code === PAUSED_UPGRADE) return 'upgraded'
    return code === OK ? 'partial' : 'refused'
  }

  #reason (code: number): string {
    if (code === OK || code === PAUSED || code === PAUSED_UPGRADE) return ''
    const address = this.#llhttp.llhttp_get_error_reason(this.#parser)
    if (address === 0) return `code ${code}`
    const bytes = new Uint8Array(this.#llhttp.memory.buffer, address)
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString('latin1')
  }

  #reading (outcome: Outcome, reason: string, rest: string): Reading {
    const over = outcome === 'complete' || outcome === 'upgraded'
    return {
      outcome,
      reason,
      informational: this.#informational,
      status: this.#status,
      headers: this.#headers,
      body: this.#body,
      trailers: this.#trailers,
      persistent: this.#persistent,
      rest: over ? rest : ''
    }
  }

  // What llhttp says

  /** Adds a piece of a name (0) or of a value (1). */
  #add (kind: 0 | 1, at: number, length: number): number {
    const fields = this.#fields
    const text = this.#text(at, length)
    if (fields.length % 2 === kind) fields.push(text)
    else fields[fields.length - 1] += text
    return GO_ON
  }

  #headEnded (status: number, upgrade: boolean): number {
    // Of a 101 without the fields for it llhttp says that the protocol changes, but not that it is an upgrade; undici asserts both.
    if (upgrade !== (status === 101) || (upgrade && !this.#upgrade)) return ABORT
    const headers = this.#takeFields()
    if (upgrade) {
      this.#trailers = headers
      return OTHER_PROTOCOL
    }
    if (status < 200) {
      this.#informational.push({ status, headers })
      return NO_BODY
    }
    this.#status = status
    this.#headers = headers
    return this.#method === 'HEAD' ? NO_BODY : GO_ON
  }

  #messageEnded (): number {
    if (this.#status === 0) return GO_ON
    this.#trailers = this.#takeFields()
    this.#complete = true
    this.#persistent = this.#llhttp.llhttp_should_keep_alive(this.#parser) === 1
    return PAUSED
  }

  /** llhttp leaves white space behind values to its user; it is not part of them (RFC 9110 section 5.5). */
  #takeFields (): string[] {
    const fields = this.#fields.map((text, i) => i % 2 === 0 ? text : text.replace(/[ \t]+$/, ''))
    this.#fields = []
    return fields
  }

  #text (at: number, length: number): string {
    return Buffer.from(this.#llhttp.memory.buffer, at, length).toString('latin1')
  }
}
