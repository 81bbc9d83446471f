import t from 'tap'
import { failureCodes, ProxyError, type FailureCode } from '../../src/base/errors.js'
import { failures } from '../../src/proxy/failure.js'
import { mayRetry } from '../../src/proxy/retry.js'
import type { RetryRules } from '../../src/proxy/route-config.js'
import type { Sent } from '../../src/transport/transport.js'
import { retryRules } from './route-world.js'

const rules = (on: Partial<RetryRules['on']>): RetryRules => ({ ...retryRules, on: { connect: false, reset: false, timeout: false, statuses: [], ...on } })
const all = rules({ connect: true, reset: true, timeout: true })

function may (code: FailureCode, sent: Sent, method: string, rules: RetryRules, reused = false): boolean {
  return mayRetry({ error: new ProxyError(code, ''), sent, method, reused }, rules)
}

t.test('a method that is not idempotent is repeated only if no byte of it was written, whatever the rules say', async t => {
  for (const code of failureCodes) {
    for (const reused of [false, true]) {
      for (const sent of ['partly', 'all'] as const) t.notOk(may(code, sent, 'POST', all, reused), `${code} ${sent}`)
      t.equal(may(code, 'nothing', 'POST', all, reused), failures[code].retry !== 'never', code)
    }
  }
})

t.test('a cause that is never retried is never retried', async t => {
  for (const code of failureCodes.filter(code => failures[code].retry === 'never')) {
    for (const sent of ['nothing', 'partly', 'all'] as const) t.notOk(may(code, sent, 'GET', all, true), `${code} ${sent}`)
  }
})

t.test('a cause of connecting is retried only if nothing left', async t => {
  for (const code of failureCodes.filter(code => failures[code].retry === 'unsent')) {
    t.ok(may(code, 'nothing', 'GET', rules({ connect: true })), code)
    t.notOk(may(code, 'nothing', 'GET', rules({ reset: true, timeout: true })), code)
    for (const sent of ['partly', 'all'] as const) t.notOk(may(code, sent, 'GET', all), code)
  }
})

t.test('each cause has its rule', async t => {
  t.ok(may('connection_terminated', 'all', 'GET', rules({ reset: true })))
  t.notOk(may('connection_terminated', 'all', 'GET', rules({ connect: true, timeout: true })))
  t.ok(may('http_response_incomplete', 'partly', 'PUT', rules({ reset: true })))
  for (const code of ['http_response_timeout', 'try_timeout', 'connection_write_timeout'] as const) {
    t.ok(may(code, 'all', 'GET', rules({ timeout: true })))
    t.notOk(may(code, 'all', 'GET', rules({ connect: true, reset: true })))
  }
  t.notOk(may('connection_read_timeout', 'all', 'GET', all))
})

t.test('a dead reused connection needs no rule', async t => {
  const none = rules({})
  t.ok(may('connection_terminated', 'nothing', 'POST', none, true))
  t.ok(may('connection_terminated', 'all', 'GET', none, true))
  t.notOk(may('connection_terminated', 'all', 'GET', none, false))
  t.notOk(may('connection_terminated', 'partly', 'POST', none, true))
})
