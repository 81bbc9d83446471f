/** A wish of an admin that can't be met; `status` is the HTTP status that says so. */
export class AdminError extends Error {
  readonly status: 400 | 404 | 409

  constructor (status: 400 | 404 | 409, message: string) {
    super(message)
    this.name = 'AdminError'
    this.status = status
  }
}
