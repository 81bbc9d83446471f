import { number } from '../table.js'
import type { Figure } from '../statistics.js'
import type { StrategySummary } from './summary.js'

/** What the others are held against, if it is among them. */
const REFERENCE = 'round-robin'
/** Differences below this share are nothing, however close the rounds are to each other; a single round does not know its spread. */
const SLIGHT = 0.05
const SLIGHT_OF_ONE_ROUND = 0.15
/** Strategies named beside the best one. */
const NAMED = 3

interface Measure {
  /** Differences below it are nothing. */
  readonly slight: number
  readonly higherIsBetter: boolean
  of (summary: StrategySummary): Figure
  print (value: number): string
  /** What the numbers are, for a sentence that gives two of them: before the first, and after it. */
  readonly before: string
  readonly after: string
}

const milliseconds = (value: number): string => number(value, value < 10 ? 1 : 0)
const errors: Measure = { of: summary => summary.errorShare, slight: 0.1 /* percent */, higherIsBetter: false, before: '', after: ' % errors', print: value => number(value, value < 10 ? 1 : 0) }
const p99: Measure = { of: summary => summary.p99, slight: 1, higherIsBetter: false, before: 'p99 ', after: ' ms', print: milliseconds }
const p50: Measure = { of: summary => summary.p50, slight: 1, higherIsBetter: false, before: 'p50 ', after: ' ms', print: milliseconds }
const throughput: Measure = { of: summary => summary.requestsPerSecond, slight: 1, higherIsBetter: true, before: '', after: ' requests/s', print: value => number(value) }

/** What a comparison came to. */
export interface Verdict {
  readonly text: string
  /** The strategy to look at first. */
  readonly best: string
}

/**
 * Compares the strategies of one scenario. Errors come first. Among those with the fewest the p99 decides in an open loop, then the p50. A closed loop
 * asks less of a slow proxy, which makes percentiles of different strategies speak of different loads: there the throughput decides, then the p99.
 * What lies within the spread of the rounds is called alike. @throws {RangeError} without a strategy.
 */
export function verdict (summaries: readonly StrategySummary[], openLoop: boolean): Verdict {
  const measures = openLoop ? [p99, p50] : [throughput, p99]
  const sentences: string[] = []
  const { best: sound, text } = winners(summaries, errors)
  if (text !== undefined) sentences.push(text)
  let best = sound
  for (const measure of measures) {
    const won = winners(best, measure)
    best = won.best
    if (won.text === undefined) continue
    sentences.push(won.text)
    break
  }
  const name = first(best).strategy
  if (summaries.length === 1) return { text: `${name} alone: ${measures.map(measure => range(summaries, measure)).join(', ')}`, best: name }
  if (sentences.length === 0) sentences.push(`no difference beyond the spread: ${measures.map(measure => range(summaries, measure)).join(', ')}`)
  return { text: sentences.join('; '), best: name }
}

/** Those that are best by one measure, the very best first. @returns no text if all are. */
function winners (summaries: readonly StrategySummary[], measure: Measure): { best: readonly StrategySummary[], text?: string } {
  const all = ranked(summaries, measure)
  const best = all.filter(summary => alike(measure.of(summary), measure.of(first(all)), measure))
  return best.length === all.length ? { best } : { best, text: difference(best, all, measure) }
}

function ranked (summaries: readonly StrategySummary[], { of, higherIsBetter }: Measure): StrategySummary[] {
  const cost = (summary: StrategySummary): number => {
    const { middle } = of(summary)
    if (Number.isNaN(middle)) return Infinity
    return higherIsBetter ? -middle : middle
  }
  return [...summaries].sort((a, b) => cost(a) === cost(b) ? 0 : cost(a) - cost(b))
}

/** Do the rounds of the two overlap, or lie so close that it is nothing? */
function alike (a: Figure, b: Figure, { slight }: Measure): boolean {
  if (Number.isNaN(a.middle) || Number.isNaN(b.middle)) return Number.isNaN(a.middle) && Number.isNaN(b.middle)
  if (a.low <= b.high && b.low <= a.high) return true
  const share = a.count > 1 && b.count > 1 ? SLIGHT : SLIGHT_OF_ONE_ROUND
  return Math.abs(a.middle - b.middle) < Math.max(slight, share * Math.max(a.middle, b.middle))
}

function difference (best: readonly StrategySummary[], all: readonly StrategySummary[], { of, print, before, after }: Measure): string {
  const others = all.filter(summary => !best.includes(summary))
  const other = others.find(summary => summary.strategy === REFERENCE) ?? first([...others].reverse())
  return `${names(best)}: ${before}${print(of(first(best)).middle)}${after} against ${print(of(other).middle)}${after} for ${other.strategy}`
}

function names (best: readonly StrategySummary[]): string {
  const [name = '', ...others] = best.map(summary => summary.strategy)
  if (others.length === 0) return name
  const more = others.length > NAMED ? [...others.slice(0, NAMED), `${others.length - NAMED} more`] : others
  return `${name} (alike: ${more.join(', ')})`
}

function range (summaries: readonly StrategySummary[], { of, print, before, after }: Measure): string {
  const values = summaries.map(summary => of(summary).middle)
  const [low, high] = [print(Math.min(...values)), print(Math.max(...values))]
  return before + (low === high ? `${low}${after}` : `${low} to ${high}${after}`)
}

function first (summaries: readonly StrategySummary[]): StrategySummary {
  const [summary] = summaries
  if (summary === undefined) throw new RangeError('there is no strategy to compare')
  return summary
}
