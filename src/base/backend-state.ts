/** The field in which a backend says that it is about to stop (docs/backend.md): both ends of that conversation use it. */
export const STATE_FIELD = 'Headrace-Backend'

/** Its one value. */
export const DRAINING = 'draining'

/** Does this value of the field say so? */
export function isDraining (value: string | undefined): boolean {
  return value?.toLowerCase() === DRAINING
}
