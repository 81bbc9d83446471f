import type { Exchange } from './exchange.js'
import { DEBUG_FIELD } from './header-names.js'

/** Bytes from which on an explanation in a header field leaves out targets: clients refuse heads of more than 8 or 16 kB. */
const LONGEST = 4096

/** Fields, names and values in turn, that the proxy itself puts on a target's response: what the strategy asks for, and the explanation for who may see it. */
export function addedFields (exchange: Exchange): readonly string[] {
  const { target, route, context } = exchange
  const asked = target === null ? null : route.pool.responseFields(target, context)
  const debug = debugFields(exchange)
  return asked === null ? debug : [...asked, ...debug]
}

/** The same for an answer of the proxy's own: no target is to be remembered for it. */
export function debugFields ({ explanation, request }: Exchange): readonly string[] {
  return explanation !== null && request.debug ? [DEBUG_FIELD_NAME, explanation.text(LONGEST)] : NONE
}

const NONE: readonly string[] = []

const DEBUG_FIELD_NAME = DEBUG_FIELD.split('-').map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('-')
