const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** A count: `950`, `12.3K`. */
export function count (value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value)
}

/** Something per second: `0`, `3.5`, `1,250`. */
export function rate (value: number): string {
  return value === 0 ? '0' : value < 10 ? tenths.format(value) : count(value)
}

/** A share of 1 as per cent; null = of nothing. */
export function share (value: number | null): string {
  if (value === null) return '–'
  if (value === 0) return '0%'
  return value < 0.001 ? '<0.1%' : `${value < 0.1 ? tenths.format(value * 100) : whole.format(value * 100)}%`
}

/** Milliseconds; null = none. */
export function milliseconds (value: number | null): string {
  if (value === null) return '–'
  if (value >= 1000) return `${tenths.format(value / 1000)} s`
  return `${value < 10 ? tenths.format(value) : whole.format(value)} ms`
}

/** A length of time in its two largest units: `45s`, `2h 5m`. */
export function span (value: number): string {
  const seconds = Math.max(0, Math.floor(value / 1000))
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60]
  if (days > 0) return `${days}d ${hours}h`
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}

export function bytes (value: number): string {
  return value < 1024 ** 3 ? `${whole.format(value / 1024 ** 2)} MB` : `${tenths.format(value / 1024 ** 3)} GB`
}

/** The time of day: `14:03:07`. */
export function timeOfDay (at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

/** A URL as people say it: without what goes without saying. */
export function targetName (url: string): string {
  return url.startsWith('http://') ? url.slice('http://'.length) : url
}
