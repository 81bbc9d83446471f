import type { AdminError } from '../admin-error.js'

/** Why a request to the admin listener was refused; `docs/admin.md` lists them. */
export type ProblemCode =
  | 'bad_request' | 'unauthorized' | 'host_refused' | 'cross_origin' | 'not_found' | 'method_not_allowed' | 'conflict'
  | 'body_too_large' | 'path_too_long' | 'unsupported_media_type' | 'reload_refused' | 'too_many_streams' | 'internal_error'

/** One thing wrong with what was sent: where, and what was expected. */
export interface Fault {
  readonly path: string
  readonly message: string
}

const TITLES: Readonly<Record<ProblemCode, string>> = {
  bad_request: 'The request is malformed',
  unauthorized: 'The request needs the admin token',
  host_refused: 'The Host field does not name this machine',
  cross_origin: 'The request comes from a page of another origin',
  not_found: 'There is nothing of that name',
  method_not_allowed: 'The method is not allowed',
  conflict: 'That cannot be done now',
  body_too_large: 'The body is too large',
  path_too_long: 'A part of the path is too long',
  unsupported_media_type: 'The body must be application/json',
  reload_refused: 'The new config is refused, the old one goes on',
  too_many_streams: 'Too many streams are open',
  internal_error: 'A fault in the proxy itself'
}

/** A refusal as problem details (RFC 9457). */
export class AdminProblem extends Error {
  readonly status: number
  readonly code: ProblemCode
  readonly faults: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>

  /** @param detail for people; '' = the title says all. */
  constructor (status: number, code: ProblemCode, detail = '', more: { readonly faults?: readonly Fault[], readonly headers?: Readonly<Record<string, string>> } = {}) {
    super(detail === '' ? TITLES[code] : detail)
    this.name = 'AdminProblem'
    this.status = status
    this.code = code
    this.faults = more.faults ?? []
    this.headers = more.headers ?? {}
  }

  static of ({ status, message }: AdminError): AdminProblem {
    return new AdminProblem(status, status === 404 ? 'not_found' : status === 409 ? 'conflict' : 'bad_request', message)
  }

  /** The body, to be sent as `application/problem+json`. */
  get body (): string {
    const { status, code, message: detail, faults } = this
    const title = TITLES[code]
    return JSON.stringify({ type: 'about:blank', title, status, code, ...(detail === title ? {} : { detail }), ...(faults.length === 0 ? {} : { faults }) })
  }
}
