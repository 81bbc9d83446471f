import { Type } from '../../base/type.js'
import type { Control } from '../control.js'
import { findPool, findTarget } from './find-target.js'
import { json, operation, type Operation } from './operation.js'
import { problem } from './openapi.js'
import { poolSchema, targetSchema } from './snapshot-schema.js'

const closed = { additionalProperties: false }

const inPool = Type.Object({ pool: Type.String({ description: 'The name of a pool.' }) }, closed)

const ofTarget = Type.Object({
  ...inPool.properties,
  target: Type.String({ description: 'URL of a target, percent-encoded, or its host and port if no other one of the pool has them.' })
}, closed)

const change = {
  state: Type.Optional(Type.Enum(['ready', 'drain', 'maint'], {
    description: '"ready": new requests as ever. "drain": none, it finishes what it has, and its health is watched. "maint": none, and it is left alone.'
  })),
  weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000, description: 'Share of the traffic relative to the other targets. 0 = no new requests.' }))
}

const newTarget = Type.Object({
  url: Type.String({ check: 'target', description: 'http://host:port, https://host:port or unix:/path/to.sock.' }),
  maxConnections: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Requests at once. 0 = no limit.' })),
  ...change
}, closed)

const noPool = problem('There is no such pool.')
const noTarget = problem('There is no such pool or target.')
const ambiguous = problem('Several targets have this host and port, or it cannot be done now.')

/** What is asked of pools and their targets. */
export function poolOperations (control: Control): readonly Operation[] {
  return [
    operation('getPools', 'GET', '/pools', {
      summary: 'The pools with their targets',
      answers: { 200: json('All pools.', Type.Object({ pools: Type.Array(poolSchema) }, closed)) },
      run: async () => ({ status: 200, json: { pools: (await control.snapshot()).pools } })
    }),
    operation('getPool', 'GET', '/pools/{pool}', {
      summary: 'One pool with its targets',
      params: inPool,
      answers: { 200: json('The pool.', poolSchema), 404: noPool },
      run: async ({ params }) => ({ status: 200, json: findPool(await control.snapshot(), params.pool) })
    }),
    operation('getTargets', 'GET', '/pools/{pool}/targets', {
      summary: 'The targets of a pool',
      params: inPool,
      answers: { 200: json('All its targets.', Type.Object({ targets: Type.Array(targetSchema) }, closed)), 404: noPool },
      run: async ({ params }) => ({ status: 200, json: { targets: findPool(await control.snapshot(), params.pool).targets } })
    }),
    operation('getTarget', 'GET', '/pools/{pool}/targets/{target}', {
      summary: 'One target',
      params: ofTarget,
      answers: { 200: json('The target.', targetSchema), 404: noTarget, 409: problem('Several targets have this host and port.') },
      run: async ({ params }) => ({ status: 200, json: await find(control, params) })
    }),
    ...changes(control)
  ]
}

function changes (control: Control): readonly Operation[] {
  return [
    operation('addTarget', 'POST', '/pools/{pool}/targets', {
      summary: 'Add a target to a pool',
      params: inPool,
      body: newTarget,
      answers: { 201: json('It is in the pool.', targetSchema), 404: noPool, 409: problem('It is in the pool already.') },
      run: async ({ params: { pool }, body }) => {
        await control.addTarget(pool, body)
        const target = await find(control, { pool, target: body.url })
        return { status: 201, json: target, headers: { location: `/pools/${encodeURIComponent(pool)}/targets/${encodeURIComponent(target.url)}` } }
      }
    }),
    operation('changeTarget', 'PUT', '/pools/{pool}/targets/{target}', {
      summary: 'Drain a target, take it out for maintenance, bring it back, or change its weight',
      params: ofTarget,
      body: Type.Object(change, { ...closed, minProperties: 1 }),
      answers: { 200: json('The target as it is now.', targetSchema), 404: noTarget, 409: ambiguous },
      run: async ({ params, body }) => {
        const { url } = await find(control, params)
        await control.changeTarget(params.pool, url, body)
        return { status: 200, json: await find(control, { pool: params.pool, target: url }) }
      }
    }),
    operation('removeTarget', 'DELETE', '/pools/{pool}/targets/{target}', {
      summary: 'Take a target out of its pool; it finishes what it has',
      params: ofTarget,
      answers: { 204: { description: 'It gets nothing new.' }, 404: noTarget, 409: ambiguous },
      run: async ({ params }) => {
        const { url } = await find(control, params)
        await control.removeTarget(params.pool, url)
        return { status: 204 }
      }
    })
  ]
}

async function find (control: Control, { pool, target }: { readonly pool: string, readonly target: string }): Promise<ReturnType<typeof findTarget>> {
  return findTarget(findPool(await control.snapshot(), pool), target)
}
