import { Type, type TString } from './type.js'
import { SIZE_PATTERN } from './size.js'

/** A key that takes a size such as `"64kb"`. */
export function sizeSchema (annotations: { readonly description: string, readonly default?: string }): TString {
  return Type.String({ pattern: SIZE_PATTERN, check: 'size', ...annotations })
}
