import type { Candidate } from './strategy.js'

/** The candidate's own part of its id `POOL/ORIGIN`: the same in every proxy, whatever its pool is called there. */
export function originOf ({ id }: Candidate): string {
  return id.slice(id.indexOf('/') + 1)
}
