import type { ExchangeRecord } from './exchange-record.js'

/** Hears of the exchanges of one route: each `began` is followed by one `ended`. Called on the data path: quick, never throws. */
export interface RouteObserver {
  began (): void
  ended (exchange: ExchangeRecord): void
}
