import { STRICTER } from '../../../../src/transport/http1/strictness.js'
import { LlhttpReader } from './llhttp-reader.js'
import { OwnReader } from './own-reader.js'
import { sameReading, type Reading, type Sample } from './reading.js'

/** How the two parsers stand to each other on a sample. */
export interface Comparison {
  /** What is counted: `complete`, `refused`, `stricter: …` and so on. */
  readonly verdict: string
  readonly agree: boolean
  readonly own: Reading
  readonly llhttp: Reading
}

type Judgement = Pick<Comparison, 'verdict' | 'agree'>

/**
 * What may follow a response that only one of the two has refused: the other one may need to see more before it does, but it must
 * not come to an end that the first would not have reached.
 */
const CONTINUATIONS = ['\n', '\r\n', '\n\r\n', '\r\n\r\n', ' \r\n\r\n', ': \r\n\r\n', '0\r\n\r\n', '\r\n0\r\n\r\n', '"\r\n\r\n0\r\n\r\n', ' 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']
  .map(text => Buffer.from(text, 'latin1'))

/** Gives the same sample to our parser and to llhttp, and judges what they say. */
export class Comparator {
  readonly #own = new OwnReader()
  readonly #llhttp = new LlhttpReader()

  compare (sample: Sample): Comparison {
    const comparison = this.#compare(sample)
    if (comparison.agree) return comparison
    const plain = withoutDialect(sample)
    if (plain === null) return comparison
    const { agree, own } = this.#compare(plain)
    const same = own.outcome === comparison.own.outcome && own.reason === comparison.own.reason && own.persistent === comparison.own.persistent
    return agree && same ? { ...comparison, verdict: 'agree but for a dialect of Connection', agree } : comparison
  }

  #compare (sample: Sample): Comparison {
    const own = this.#own.read(sample)
    const llhttp = this.#llhttp.read(sample)
    return { own, llhttp, ...this.#judge(sample, own, llhttp) }
  }

  #judge (sample: Sample, own: Reading, llhttp: Reading): Judgement {
    if (own.outcome === 'refused') return this.#judgeRefusal(sample, own, llhttp)
    if (llhttp.outcome === 'refused') {
      if (own.outcome === 'partial' && this.#isLate(this.#own, sample)) return { verdict: 'refused, by llhttp earlier', agree: true }
      return { verdict: 'refused by llhttp alone', agree: false }
    }
    if (sameReading(own, llhttp)) return { verdict: own.outcome, agree: true }
    return saysClose(own) && sameReading(own, { ...llhttp, persistent: false })
      ? { verdict: 'closed by us alone', agree: true }
      : { verdict: `read differently (${own.outcome}, by llhttp ${llhttp.outcome})`, agree: false }
  }

  #judgeRefusal (sample: Sample, own: Reading, llhttp: Reading): Judgement {
    if (llhttp.outcome === 'refused') return { verdict: 'refused', agree: true }
    if (STRICTER.has(own.reason)) return { verdict: `stricter: ${own.reason}`, agree: true }
    if (llhttp.outcome === 'partial' && this.#isLate(this.#llhttp, sample)) return { verdict: 'refused, by us earlier', agree: true }
    return { verdict: 'refused by us alone', agree: false }
  }

  /** Is a reader that wants more about to refuse as well? Then some continuation brings it to that, and none to an end. */
  #isLate (reader: OwnReader | LlhttpReader, sample: Sample): boolean {
    if (sample.close) return true
    const outcomes = CONTINUATIONS.map(continuation => reader.read({ ...sample, bytes: Buffer.concat([sample.bytes, continuation]) }).outcome)
    return outcomes.includes('refused') && !outcomes.includes('complete') && !outcomes.includes('upgraded')
  }
}

/** RFC 9112 section 9.3: "close" counts wherever it stands. To llhttp it does not beside "keep-alive" in HTTP/1.0, nor before a tab. */
function saysClose ({ headers }: Reading): boolean {
  return headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'connection' && /\bclose\b/i.test(headers[i + 1] ?? ''))
}

/**
 * The same without what llhttp understands in its own way about the connection's persistence, or null if there is no such thing.
 * It takes a tab for a part of the word beside it, where RFC 9110 section 5.6.3 makes no difference between tab and space; and it
 * takes Proxy-Connection for Connection, where RFC 9112 appendix C.2.2 knows no meaning of it.
 */
function withoutDialect (sample: Sample): Sample | null {
  const text = sample.bytes.toString('latin1')
  const plain = text
    .replace(/^connection:[^\r\n]*/gim, line => line.replaceAll('\t', ' '))
    .replace(/^proxy-(?=connection:)/gim, 'other-')
  return plain === text ? null : { ...sample, bytes: Buffer.from(plain, 'latin1') }
}
