import { Type, type TString } from './type.js'
import { DURATION_PATTERN } from './duration.js'

/** What a duration key says of itself. */
export interface DurationSchemaOptions {
  readonly description: string
  readonly default?: string | undefined
  /** May it be zero? Say in the description what that means. */
  readonly zero?: boolean
}

/** A key that takes a duration such as `"250ms"`. */
export function durationSchema ({ zero = false, ...annotations }: DurationSchemaOptions): TString {
  return Type.String({ pattern: DURATION_PATTERN, check: zero ? 'duration' : 'positive-duration', ...annotations })
}
