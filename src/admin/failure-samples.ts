import type { FailureCode } from '../base/errors.js'
import { bySide } from './by-side.js'
import type { Sample } from './metric.js'
import type { FailureSnapshot } from './snapshot.js'

const SIDES = ['target', 'proxy', 'client'] as const

/** Failures by side and code. @param zeros codes that are written even if there was none. */
export function failureSamples (labels: Readonly<Record<string, string>>, failures: FailureSnapshot, zeros: readonly FailureCode[]): Sample[] {
  const known = bySide(new Map(zeros.map(code => [code, 0])))
  return SIDES.flatMap(side => Object.entries({ ...known[side], ...failures[side] }).map(([code, value]) => ({ labels: { ...labels, side, code }, value })))
}
