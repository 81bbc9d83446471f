import { RoundRobin } from '../../src/balancing/round-robin.js'
import type { LoadReport } from '../../src/balancing/load-report.js'
import type { Candidate, Flight, Follower, NonEmpty, PickContext, Picker, Strategy } from '../../src/balancing/strategy.js'

/** One request as its follower has seen it. */
export class SeenFlight implements Flight {
  readonly candidate: Candidate
  readonly began: number
  readonly ends: string[] = []

  constructor (candidate: Candidate, began: number) {
    this.candidate = candidate
    this.began = began
  }

  answered (at: number, failed: boolean): void { this.ends.push(`${failed ? 'failed' : 'answered'} after ${at - this.began}`) }
  abandoned (at: number): void { this.ends.push(`abandoned after ${at - this.began}`) }
}

/** Takes turns, and writes down what it learns; refuses candidates that it was not told of. */
export class FollowingStrategy implements Strategy {
  readonly followed: Candidate[] = []
  readonly flights: SeenFlight[] = []
  readonly reports: Array<readonly [Candidate, LoadReport, number]> = []
  readonly #inner = new RoundRobin()

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    for (const candidate of eligible) if (!this.followed.includes(candidate)) throw new Error(`${candidate.id} is chosen from before it is followed`)
    return this.#inner.prepare(eligible)
  }

  follow (candidate: Candidate): Follower {
    this.followed.push(candidate)
    return {
      began: at => {
        const flight = new SeenFlight(candidate, at)
        this.flights.push(flight)
        return flight
      },
      reported: (report, at) => { this.reports.push([candidate, report, at]) }
    }
  }

  responseFields ({ id }: Candidate, { request }: PickContext): readonly string[] {
    return ['X-Chosen', id, 'X-Path', request.path]
  }
}
