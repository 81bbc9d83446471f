import { INVALID_SPAN_CONTEXT, ROOT_CONTEXT, SpanKind, SpanStatusCode, context, createTraceState, isSpanContextValid, trace, type Context, type Span, type SpanContext, type Tracer } from '@opentelemetry/api'
import type { ProxyError } from '../base/errors.js'
import type { Outcome } from '../upstream/outcome.js'
import type { Target } from '../upstream/target.js'
import type { ExchangeHead } from './exchange-head.js'
import type { ExchangeRecord } from './exchange-record.js'
import { fieldValue } from './field-value.js'
import { newTraceParent, onlyTraceParent, traceParentText, type TraceParent } from './trace-parent.js'

/**
 * Makes OpenTelemetry spans of exchanges and of their attempts, and tells each target its place in the trace. Without an SDK that records
 * them nothing is made but a `traceparent` for requests that come without one.
 */
export class Tracing {
  readonly #tracer: Tracer
  /** The span in which this was made: what begins to listen in it hands it on to all requests, but they are in none. */
  readonly #outside = trace.getSpan(context.active())

  constructor (version: string) {
    this.#tracer = trace.getTracer('headrace', version)
  }

  begin (route: TracedRoute, head: ExchangeHead): ExchangeTrace {
    // Of what is to be sent: a field that the client may not say, or that is for one hop, is none of its trace either.
    const told = onlyTraceParent(head.headers)
    // In an app, or under an SDK that watches Node's servers, the request is in a span already: that is closer than what the client said.
    const here = context.active()
    const active = trace.getSpan(here) === this.#outside ? ROOT_CONTEXT : here
    const around = placeOf(trace.getSpanContext(active) ?? INVALID_SPAN_CONTEXT)
    const within = around !== null ? active : told !== null ? contextOf(told, fieldValue(head.headers, 'tracestate')) : ROOT_CONTEXT
    const span = this.#tracer.startSpan(`${head.method} ${route.shownPrefix}`, {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': head.method,
        'http.route': route.shownPrefix,
        'url.path': withoutQuery(head.originalPath),
        'headrace.pool': route.pool.name,
        'headrace.request_id': head.requestId,
        ...(head.clientAddress !== null && { 'client.address': head.clientAddress })
      }
    }, within)
    return new ExchangeTrace(this.#tracer, span, head, around ?? told, told)
  }
}

/** What is told of a route. */
interface TracedRoute {
  readonly shownPrefix: string
  readonly pool: { readonly name: string }
}

/** The spans of one exchange. */
export class ExchangeTrace {
  readonly #tracer: Tracer
  readonly #span: Span
  readonly #head: ExchangeHead
  /** What a target is told where nobody records. A sampler that decides so does it for the targets as well, whatever the client wished. */
  readonly #unrecorded: TraceParent | null
  #attempt: Span | null = null
  /** What the target is told of the trace's state. */
  #state = ''

  /** @param told by the client; `parent` may be another. */
  constructor (tracer: Tracer, span: Span, head: ExchangeHead, parent: TraceParent | null, told: TraceParent | null) {
    this.#tracer = tracer
    this.#span = span
    this.#head = head
    const place = span.spanContext()
    const recording = isSpanContextValid(place) && span.isRecording()
    this.#unrecorded = recording ? null : placeOf(place, parent) ?? parent ?? newTraceParent()
    const goesOn = told !== null && told.traceId === parent?.traceId
    // The trace starts here, and what was said of another one ends here (W3C Trace Context, level 1, section 4).
    if (!goesOn) drop(head, isTraceField)
    if (this.#unrecorded !== null && this.#unrecorded === told) return
    if (goesOn) this.#state = stateText(fieldValue(head.headers, 'tracestate'))
    if (this.#unrecorded === null) return
    this.#tell(this.#unrecorded)
    this.#tellState(place)
  }

  /** An attempt begins: the target gets its span as the parent of its own. */
  attempt (target: Target, number: number): void {
    if (this.#unrecorded !== null) return
    this.#attempt = this.#tracer.startSpan(`${this.#head.method} ${target.address.authority}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': this.#head.method,
        'server.address': target.address.hostname,
        'server.port': target.address.port,
        // Without the query, as of the request: there may be secrets in it.
        'url.full': target.url + withoutQuery(this.#head.path),
        ...(number > 1 && { 'http.request.resend_count': number - 1 })
      }
    }, trace.setSpan(ROOT_CONTEXT, this.#span))
    const place = this.#attempt.spanContext()
    this.#tell({ traceId: place.traceId, spanId: place.spanId, flags: place.traceFlags })
    this.#tellState(place)
  }

  /** The attempt under way has ended. */
  attemptEnded (outcome: Outcome): void {
    const span = this.#attempt
    if (span === null) return
    this.#attempt = null
    if (outcome.kind === 'response') noteStatus(span, outcome.status, 400)
    else if (outcome.kind === 'failure') noteError(span, outcome.error)
    else span.setAttribute('headrace.cancelled', true)
    span.end()
  }

  ended (exchange: ExchangeRecord): void {
    if (this.#unrecorded !== null) return
    const { status, error, outcome, target, attempts } = exchange
    this.#span.setAttributes({ 'headrace.attempts': attempts, 'headrace.outcome': outcome, ...(target !== null && { 'headrace.target': target.url }) })
    if (status !== 0) noteStatus(this.#span, status, 500)
    if (error !== null && outcome !== 'response' && outcome !== 'tunnel') noteError(this.#span, error)
    this.#span.end()
  }

  #tell (parent: TraceParent): void {
    const { headers } = this.#head
    const text = traceParentText(parent)
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i]?.toLowerCase() !== 'traceparent') continue
      headers[i + 1] = text
      return
    }
    headers.push('traceparent', text)
  }

  /** A sampler may have something to say to those behind it (W3C Trace Context, level 1, section 3.3); else the client's fields stay as they are. */
  #tellState ({ traceState }: SpanContext): void {
    const state = traceState?.serialize() ?? ''
    if (state === this.#state) return
    this.#state = state
    drop(this.#head, isStateField)
    if (state !== '') this.#head.headers.push('tracestate', state)
  }
}

/** A span's place; null = it has none, or only that of its parent, as where there is no SDK. */
function placeOf (place: SpanContext, parent: TraceParent | null = null): TraceParent | null {
  if (!isSpanContextValid(place) || place.spanId === parent?.spanId) return null
  return { traceId: place.traceId, spanId: place.spanId, flags: place.traceFlags }
}

/** Takes some out of the fields for the target. */
function drop (head: ExchangeHead, isOne: (name: string) => boolean): void {
  const { headers } = head
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (!isOne(headers[i] ?? '')) continue
    headers.splice(i, 2)
    if (i < head.hostIndex) head.hostIndex -= 2
  }
}

/** Does it tell of a trace? */
function isTraceField (name: string): boolean {
  return (name.length === 11 && name.toLowerCase() === 'traceparent') || isStateField(name)
}

function isStateField (name: string): boolean {
  return name.length === 10 && name.toLowerCase() === 'tracestate'
}

function withoutQuery (path: string): string {
  return path.split('?', 1)[0] ?? ''
}

function contextOf ({ traceId, spanId, flags }: TraceParent, state: string | undefined): Context {
  const traceState = state === undefined ? {} : { traceState: createTraceState(state) }
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & 1, isRemote: true, ...traceState })
}

/** As an SDK says it. */
function stateText (state: string | undefined): string {
  return state === undefined ? '' : createTraceState(state).serialize()
}

/** @param bad statuses from here on are errors: what a server answers with 4xx is the client's fault, what a client gets is not. */
function noteStatus (span: Span, status: number, bad: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status < bad) return
  span.setAttribute('error.type', String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

function noteError (span: Span, error: ProxyError): void {
  span.setAttribute('error.type', error.code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}
