import { readFileSync } from 'node:fs'
import t from 'tap'
import { failureCodes, ProxyError } from '../../src/base/errors.js'
import { configDefaults } from '../../src/config/schema.js'
import { failures } from '../../src/proxy/failure.js'
import { mayRetry } from '../../src/proxy/retry.js'
import { retryRules } from './route-world.js'

interface Row {
  readonly cause: string
  readonly status: string
  readonly fault: string
  readonly retry: string
  readonly advice: string
}

/** The rows of docs/failures.md by code. */
function documented (): Map<string, Row> {
  const rows = new Map<string, Row>()
  const text = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8')
  for (const line of text.split('\n')) {
    const [cause, status, code, fault, retry, advice] = line.split('|').slice(1, -1).map(cell => cell.trim())
    const name = /^`([a-z_]+)`$/.exec(code ?? '')?.[1]
    if (name === undefined) continue
    if (rows.has(name)) throw new Error(`${name} has two rows`)
    rows.set(name, { cause: cause ?? '', status: status ?? '', fault: fault ?? '', retry: retry ?? '', advice: advice ?? '' })
  }
  return rows
}

const FAULTS = { target: 'target', client: 'client', proxy: 'proxy' }
const RETRIES = { never: 'no', unsent: 'if nothing was sent', idempotent: 'if nothing was sent, or idempotent' }

t.test('docs/failures.md says of every failure what the table says', async t => {
  const rows = documented()
  for (const code of failureCodes) {
    const { status, fault, retry } = failures[code]
    const row = rows.get(code)
    t.match(row, { status: status === 499 ? '499, in the log only' : String(status), fault: FAULTS[fault], retry: RETRIES[retry] }, code)
    t.ok((row?.cause.length ?? 0) > 10 && (row?.advice.length ?? 0) > 10, `${code} says when and what to do`)
  }
})

t.test('the only other codes there are those of requests that never come to a target', async t => {
  const others = [...documented()].filter(([code]) => !(failureCodes as readonly string[]).includes(code))
  t.strictSame(others.map(([code, row]) => [code, row.status]), [['method_not_allowed', '405'], ['no_route', '404']])
})

t.test('docs/failures.md says of every limit which code it ends in, and the other way round', async t => {
  const text = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('## Which limit, which code')).split('\n\n')[1] ?? ''
  const rows = table.split('\n').slice(2).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  const codes = new Set(rows.flatMap(([, code]) => code === 'none' ? [] : [code?.slice(1, -1)]))
  t.strictSame(codes, new Set(failureCodes.filter(code => /_timeout$|_stalled$|_too_slow$/.test(code))))
  const limits = new Set(rows.flatMap(([limit]) => [...(limit ?? '').matchAll(/`(?:timeouts\.)?([A-Za-z.]+)`/g)].map(match => match[1])))
  // How long a stop waits is no limit of a request.
  const keys = Object.keys(configDefaults.timeouts).filter(key => key !== 'drain')
  t.strictSame(limits, new Set([...keys, 'limits.uploadRate', 'retry.perTryTimeout']))
})

t.test('statuses fit the fault', async t => {
  for (const code of failureCodes) {
    const { status, fault, title, retry } = failures[code]
    if (fault === 'client') t.ok(status >= 400 && status < 500, code)
    else t.ok(status >= 500 && status < 600, code)
    if (code.includes('timeout') && fault === 'target') t.equal(status, 504, code)
    t.notMatch(title, /[0-9]|\.$/, `${code}: a title names no address`)
    if (fault !== 'target') t.equal(retry, 'never', `${code}: another target would not help`)
  }
})

t.test('the default rules retry what never came to a target', async t => {
  for (const code of ['connection_refused', 'connection_timeout', 'tls_timeout', 'dns_error', 'tls_protocol_error', 'tls_certificate_error'] as const) {
    t.ok(mayRetry({ error: new ProxyError(code, ''), sent: 'nothing', method: 'POST', reused: false }, retryRules), code)
  }
})
