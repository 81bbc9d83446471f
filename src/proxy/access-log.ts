import type { ExchangeRecord } from './exchange-record.js'

/** The part of a pino logger that is used here; Fastify's fits too. */
export interface Log {
  debug (fields: object, message: string): void
  info (fields: object, message: string): void
  warn (fields: object, message: string): void
  error (fields: object, message: string): void
}

/** One line for one proxied request. Times in milliseconds: `ms` in total, `headMs` until the target's response head. */
export function exchangeFields (exchange: ExchangeRecord): object {
  const { request, target, error } = exchange
  const fields = {
    requestId: request.requestId,
    client: request.clientAddress,
    method: request.method,
    path: request.originalPath,
    status: exchange.status,
    bytes: exchange.bytes,
    ms: rounded(exchange.endedAt - exchange.startedAt),
    headMs: exchange.headAt === -1 ? null : rounded(exchange.headAt - exchange.startedAt),
    pool: exchange.poolName,
    target: target === null ? null : target.url,
    attempts: exchange.attempts,
    outcome: exchange.outcome
  }
  const explained = exchange.explanation === null ? fields : { ...fields, explanation: exchange.explanation }
  return error === null ? explained : { ...explained, error: error.code, reason: error.message }
}

/** Milliseconds as the log shows them. */
export function rounded (milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}

/** Logs how an exchange ended: every one if `access` is on, else only those that went wrong. */
export function logExchange (log: Log, exchange: ExchangeRecord, access: boolean): void {
  const wrong = exchange.outcome === 'failure' || exchange.outcome === 'aborted'
  if (wrong) log.warn(exchangeFields(exchange), access ? 'request' : 'request failed')
  else if (access) log.info(exchangeFields(exchange), 'request')
}
