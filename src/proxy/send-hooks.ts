import type { FastifyInstance } from 'fastify'

/**
 * Are there `onSend` hooks on this scope? Fastify does not tell in its public interface, so this looks where it keeps them; if
 * a later version keeps them elsewhere, the answer is yes: the slower way is right in any case. To be asked when the app is ready.
 */
export function hasSendHooks (scope: FastifyInstance): boolean {
  for (let object: unknown = scope; typeof object === 'object' && object !== null; object = Object.getPrototypeOf(object)) {
    for (const symbol of Object.getOwnPropertySymbols(object)) {
      if (symbol.description !== 'fastify.hooks') continue
      const hooks: unknown = Reflect.get(object, symbol)
      return !(typeof hooks === 'object' && hooks !== null && 'onSend' in hooks && Array.isArray(hooks.onSend) && hooks.onSend.length === 0)
    }
  }
  return true
}
