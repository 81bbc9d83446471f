import { PreparedRules } from '../../src/proxy/header-rules.js'
import { requestHeaders } from '../../src/proxy/request-headers.js'
import { responseHeaders } from '../../src/proxy/response-headers.js'
import type { Case } from './harness.js'

const browser = [
  'Host', 'shop.example', 'Connection', 'keep-alive', 'User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'Accept-Language', 'en-GB,en;q=0.5', 'Accept-Encoding', 'gzip, deflate, br',
  'Referer', 'https://shop.example/', 'Cookie', 'session=0123456789abcdef0123456789abcdef; theme=dark', 'Upgrade-Insecure-Requests', '1',
  'Sec-Fetch-Dest', 'document', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Site', 'same-origin'
]
const answer = [
  'Server', 'example/1.2', 'Date', 'Thu, 01 Jan 2026 00:00:00 GMT', 'Content-Type', 'application/json; charset=utf-8', 'Content-Length', '96',
  'Cache-Control', 'no-store', 'ETag', '"5f-1a2b3c4d"', 'Vary', 'accept-encoding', 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'
]
const none = new PreparedRules({ set: [], remove: [] })
const some = new PreparedRules({ set: [['X-Edge', 'headrace']], remove: ['cookie', 'server'] })
const peer = { address: '192.0.2.7', protocol: 'https', port: '443', trusted: false } as const
const incoming = { raw: browser, version: '1.1', host: 'shop.example', peer, expectPasses: false }

/** What becomes of a head's fields on the way in and on the way back, with a route's own rules and without. */
export const headerCases: readonly Case[] = [
  headerCase('request fields of a browser', () => requestHeaders(incoming, none).headers.length),
  headerCase('request fields of a browser, with rules', () => requestHeaders(incoming, some).headers.length),
  headerCase('response fields', () => responseHeaders(answer, 200, none).length),
  headerCase('response fields, with rules', () => responseHeaders(answer, 200, some).length)
]

function headerCase (name: string, once: () => number): Case {
  return {
    name,
    bytes: 0,
    run: times => {
      let sum = 0
      for (let time = 0; time < times; time++) sum += once()
      return sum
    }
  }
}
