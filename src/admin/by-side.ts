import type { FailureCode } from '../base/errors.js'
import { failures, type Fault } from '../proxy/failure.js'
import type { FailureSnapshot } from './snapshot.js'

/** Counts of failures by the side that they are on, as the table of failures has it. */
export function bySide (counts: ReadonlyMap<FailureCode, number>): FailureSnapshot {
  const of = (side: Fault): Readonly<Record<string, number>> => Object.fromEntries([...counts].filter(([code]) => failures[code].fault === side))
  return { target: of('target'), proxy: of('proxy'), client: of('client') }
}
