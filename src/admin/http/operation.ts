import type { ValidateFunction } from 'ajv'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Type, type Static, type TSchema } from '../../base/type.js'
import { findings } from '../../config/findings.js'
import { placeText } from '../../config/place.js'
import { compile } from '../../config/validator.js'
import { AdminProblem } from './admin-problem.js'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** A request that has been checked against its operation's schemas. */
export interface Call<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly request: IncomingMessage
  /** Does it carry the token, if there is one? */
  readonly trusted: boolean
}

/** An answer: `json`, `content` of a `type`, or neither; or a function that takes over the response, whose standing headers are set. */
export type Answer =
  | { readonly status: number, readonly json?: unknown, readonly content?: string | Buffer, readonly type?: string, readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse) => void)

/** Who may ask: whoever has the token, if there is one; anyone; or even pages of other origins, as a link does. */
export type Access = 'token' | 'anyone' | 'link'

/** A documented answer: its schemas by media type. */
export interface Documented {
  readonly description: string
  readonly content?: Readonly<Record<string, TSchema>>
}

/** One thing that the admin API can do: what is documented, checked and done. */
export interface Operation {
  readonly id: string
  readonly method: Method
  /** As OpenAPI writes it: `/pools/{pool}`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params: TSchema
  readonly query: TSchema
  /** null = there is none. */
  readonly body: TSchema | null
  readonly answers: Readonly<Record<string, Documented>>
  /** @throws {AdminProblem} if the parts do not fit the schemas, or the wish cannot be met. */
  run (parts: UncheckedParts): Promise<Answer>
}

/** A request as the router hands it over. */
export interface UncheckedParts {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly request: IncomingMessage
  readonly trusted: boolean
}

interface Description<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly summary: string
  readonly access?: Access
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly answers: Readonly<Record<string, Documented>>
  run (call: Call<Static<Params>, Static<Query>, Static<Body>>): Answer | Promise<Answer>
}

const nothing = Type.Object({}, { additionalProperties: false })

/** A query that means nothing: who asks cannot always leave it out. */
export const anyQuery = Type.Object({}, { additionalProperties: true })

/** Makes an operation of its description. */
export function operation<Params extends TSchema = typeof nothing, Query extends TSchema = typeof nothing, Body extends TSchema = typeof nothing> (
  id: string, method: Method, path: string, description: Description<Params, Query, Body>
): Operation {
  const { summary, answers, access = 'token' } = description
  const params = checker<Static<Params>>(description.params ?? nothing, '')
  const query = checker<Static<Query>>(description.query ?? nothing, 'query')
  const body = checker<Static<Body>>(description.body ?? nothing, 'body')
  return {
    id,
    method,
    path,
    summary,
    access,
    params: description.params ?? nothing,
    query: description.query ?? nothing,
    body: description.body ?? null,
    answers,
    run: async ({ request, trusted, ...parts }) => await description.run({
      params: params(parts.params), query: query(parts.query), body: body(parts.body ?? {}), request, trusted
    })
  }
}

/** What tells whether a part of a request fits its schema, in words that the config's faults are told in. */
function checker<T> (schema: TSchema, name: string): (part: unknown) => T {
  let validate: ValidateFunction<T> | null = null
  return part => {
    validate ??= compile<T>(schema, false)
    if (validate(part)) return part
    const faults = findings(validate.errors ?? [], part).map(({ place, message }) => ({ path: placeText(name === '' ? place : [name, ...place]), message }))
    throw new AdminProblem(400, 'bad_request', '', { faults })
  }
}

/** An `application/json` answer. */
export function json (description: string, schema: TSchema): Documented {
  return { description, content: { 'application/json': schema } }
}
