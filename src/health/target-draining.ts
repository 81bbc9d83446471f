/** A probe's failure when the target says by itself that it is about to stop (docs/backend.md). */
export class TargetDraining extends Error {
  constructor () {
    super('the target is draining')
    this.name = 'TargetDraining'
  }
}
