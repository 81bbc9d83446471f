/** How long each part of a run lasts, in milliseconds. */
export interface Schedule {
  /** Not counted. */
  readonly warmUp: number
  readonly before: number
  /** From the event until all is undone, where the scenario does not say otherwise. */
  readonly during: number
  /** Of all targets together. */
  readonly outage: number
  /** Half a period of flapping. */
  readonly flap: number
  /** Between one restart and the next of a rolling restart. */
  readonly gap: number
  readonly after: number
  /** The first part of `after`: what is slow in it is still counted as `during`. */
  readonly settle: number
}

export const fullSchedule: Schedule = { warmUp: 2000, before: 4000, during: 6000, outage: 3000, flap: 1000, gap: 2000, after: 5000, settle: 2000 }

/** Long enough for every event to take effect, too short for a percentile to say much. */
export const shortSchedule: Schedule = { warmUp: 300, before: 700, during: 2500, outage: 1000, flap: 500, gap: 1500, after: 2000, settle: 1000 }
