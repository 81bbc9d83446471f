import { Type, type TSchema } from '../../base/type.js'
import { elements, entries, isRecord } from '../../config/place.js'
import { json, operation, type Documented, type Operation } from './operation.js'
import { buildSchema, eventSchema, poolSchema, routeSchema, snapshotSchema, targetSchema } from './snapshot-schema.js'

/** The body of every refusal. */
export const problemSchema = Type.Object({
  type: Type.Literal('about:blank'),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  faults: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }, { additionalProperties: false })))
}, { additionalProperties: false, description: 'RFC 9457 problem details.' })

/** Schemas that have a name in the document, wherever they occur. */
const NAMED: ReadonlyArray<readonly [string, TSchema]> = [
  ['Problem', problemSchema], ['Target', targetSchema], ['Pool', poolSchema], ['Route', routeSchema], ['Event', eventSchema], ['Build', buildSchema],
  ['Snapshot', snapshotSchema]
]

/** A refusal in the document. */
export function problem (description: string): Documented {
  return { description, content: { 'application/problem+json': problemSchema } }
}

/** The operation that tells what there is, itself included. */
export function documentOperation (operations: readonly Operation[], version: () => Promise<string>): Operation {
  const own: Operation = operation('getDocument', 'GET', '/openapi.json', {
    summary: 'This document',
    answers: { 200: json('OpenAPI 3.1.', Type.Object({ openapi: Type.Literal('3.1.0') }, { additionalProperties: true })) },
    run: async () => ({ status: 200, json: openApi([...operations.filter(other => other !== own), own], await version()) })
  })
  return own
}

/** The OpenAPI 3.1 document of these operations. */
function openApi (operations: readonly Operation[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: describe(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headrace admin API',
      version,
      description: 'What a running Headrace tells of itself, and what it lets be changed. Times are milliseconds.',
      license: { name: 'MIT', identifier: 'MIT' }
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '"admin.token" of the config. Not needed if there is none.' } },
      schemas: Object.fromEntries(NAMED.map(([name, schema]) => [name, published(schema, schema)]))
    }
  }
}

/** What any operation may be answered with. */
function refusals ({ access, method, params }: Operation): Readonly<Record<string, Documented>> {
  return {
    400: problem('The request is malformed: "faults" says where.'),
    ...(access === 'token' ? { 401: problem('The token is missing or wrong.') } : {}),
    403: problem('A page of another origin asks, or under a foreign name.'),
    // Where no body is wanted, one that is sent is looked at all the same.
    ...(method === 'GET' ? {} : { 413: problem('The body is too large.'), 415: problem('The body is not JSON.') }),
    ...(parametersOf(params, 'path').length === 0 ? {} : { 414: problem('A part of the path is too long.') }),
    default: problem('The request is refused, or the proxy has a fault.')
  }
}

function describe (operation: Operation): object {
  const { id, summary, access, params, query, body } = operation
  const answers = { ...refusals(operation), ...operation.answers }
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')]
  return {
    operationId: id,
    summary,
    ...(access === 'token' ? {} : { security: [] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: { required: true, content: { 'application/json': { schema: published(body) } } } }),
    responses: Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)]))
  }
}

function parametersOf (schema: unknown, place: 'path' | 'query'): object[] {
  if (!isRecord(schema)) return []
  return entries(schema['properties']).map(([name, property]) => ({
    name,
    in: place,
    required: elements(schema['required']).includes(name),
    ...(isRecord(property) && typeof property['description'] === 'string' ? { description: property['description'] } : {}),
    schema: published(property)
  }))
}

function response ({ description, content }: Documented): object {
  if (content === undefined) return { description }
  return { description, content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: published(schema) }])) }
}

/** A schema without our own annotations, with references in place of what has a name. @param whole this one itself is written out. */
function published (schema: unknown, whole?: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(element => published(element))
  if (!isRecord(schema)) return schema
  const name = schema === whole ? undefined : NAMED.find(([, named]) => named === schema)?.[0]
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== 'check' && key !== 'expects').map(([key, value]) => [key, published(value)]))
}
