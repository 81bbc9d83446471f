import type { Laboratory } from '../laboratory.js'
import type { Table } from '../table.js'

/** Something that can not be seen on one machine: one table, and what it says. */
export interface Experiment {
  readonly name: string
  readonly title: string
  /** @param size share of the requests that it takes to be sure; less for a quick look. */
  run (laboratory: Laboratory, seed: number, size: number): Finding
}

export interface Finding {
  /** What was simulated, in a sentence or two. */
  readonly setting: string
  readonly table: Table
  /** In one sentence. */
  readonly reading: string
}
