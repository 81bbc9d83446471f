import type { PickContext, RequestView } from '../balancing/strategy.js'
import type { RawHeaders } from '../transport/transport.js'
import type { ExchangeHead } from './exchange-head.js'
import { fieldValue } from './field-value.js'
import { parseRequestTarget } from './request-target.js'

/** What a strategy may know of an exchange: its request as the client sent it, chance and time. */
export class RequestContext implements PickContext, RequestView {
  readonly #head: ExchangeHead
  readonly #services: ContextServices

  constructor (head: ExchangeHead, services: ContextServices) {
    this.#head = head
    this.#services = services
  }

  get request (): RequestView { return this }
  get method (): string { return this.#head.method }

  get path (): string {
    const { originalPath } = this.#head
    // Clients of a proxy may send the whole URL (RFC 9112, section 3.2.2).
    return originalPath.startsWith('/') ? originalPath : parseRequestTarget(originalPath, this.method)?.path ?? originalPath
  }

  get clientAddress (): string | null { return this.#head.clientAddress }

  header (name: string): string | undefined {
    return joinedValue(this.#head.received, name)
  }

  // Functions by themselves: a strategy may take them out, as in `({ random }) => ...`.
  get random (): () => number { return this.#services.random }
  get now (): () => number { return this.#services.clock.now }
}

/** Functions that need no `this`. */
export interface ContextServices {
  readonly random: () => number
  readonly clock: { readonly now: () => number }
}

/** A field's value, several lines of it made one: cookies by semicolons, all else by commas (RFC 9110, section 5.3). */
export function joinedValue (raw: RawHeaders, name: string): string | undefined {
  return fieldValue(raw, name, name === 'cookie' ? '; ' : ', ')
}
