/** Durations of one kind, in milliseconds: enough for their average and their longest. */
export class TimeSum {
  count = 0
  sum = 0
  max = 0

  add (duration: number): void {
    this.count++
    this.sum += duration
    if (duration > this.max) this.max = duration
  }
}
