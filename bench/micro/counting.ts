import { RouteStatistics } from '../../src/admin/route-statistics.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { systemClock } from '../../src/base/clock.js'
import { TimerWheel } from '../../src/base/timer-wheel.js'
import type { Client } from '../../src/proxy/client.js'
import { dispatcherRoute } from '../../src/proxy/dispatcher-route.js'
import { Exchange } from '../../src/proxy/exchange.js'
import type { ExchangeHead } from '../../src/proxy/exchange-head.js'
import { RetryBudget } from '../../src/proxy/retry-budget.js'
import type { Route, RouteServices } from '../../src/proxy/route.js'
import type { Sending, Transport } from '../../src/transport/transport.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'
import type { Case } from './harness.js'

const TARGETS = 30
const piece = Buffer.alloc(96)
const sending: Sending = { abort () {}, resume () {}, reused: true }
const transport: Transport = { send: () => sending, forget () {}, close () {} }
const client: Client = { informational () {}, head () {}, data: () => true, end () {}, flush () {}, upgraded () {}, fail () {} }

/** What it costs to know what goes on. Set them beside the CPU time of a whole request, which is some 25 µs. */
export const countingCases: readonly Case[] = [
  exchangeCase('an exchange, its route not counted', null),
  exchangeCase('an exchange, its route counted', new RouteStatistics()),
  countingCase(),
  { name: 'counting: a look at the clock', bytes: 0, run: times => { let sum = 0; for (let time = 0; time < times; time++) sum += systemClock.now(); return sum } }
]

/** The whole exchange of a small GET, but for what is before and after it: HTTP on both sides. */
function exchangeCase (name: string, observer: RouteStatistics | null): Case {
  const route = routeTo(poolOf(TARGETS), observer)
  const head: ExchangeHead = {
    method: 'GET',
    path: '/',
    headers: ['Host', 'shop.example'],
    hostIndex: 1,
    requestId: 'id',
    hostFromTarget: false,
    upgrade: null,
    urgent: false,
    freshConnection: false,
    debug: false,
    received: [],
    timeouts: route.attemptTimeouts,
    originalPath: '/',
    clientAddress: null
  }
  return {
    name,
    bytes: 0,
    run: times => {
      let bytes = 0
      for (let time = 0; time < times; time++) {
        const exchange = new Exchange(route, head, null, client)
        exchange.start()
        exchange.head(200, [])
        exchange.data(piece)
        exchange.end([])
        bytes += exchange.bytes
      }
      return bytes
    }
  }
}

function countingCase (): Case {
  const observer = new RouteStatistics()
  const outcome = { kind: 'response', status: 200 } as const
  const records = poolOf(TARGETS).targets.map(target => recordOf(target))
  return {
    name: 'counting: all that one request adds to its target and its route',
    bytes: 0,
    run: times => {
      for (let time = 0; time < times; time++) {
        const record = records[time % TARGETS]
        if (record === undefined) continue
        const { counts } = record.target
        observer.began()
        counts.leased(1)
        counts.connections.idle--
        counts.connections.reused++
        counts.headTimes.add(3)
        counts.bytesOut += piece.length
        counts.connections.idle++
        counts.ended(outcome, 4)
        observer.ended(record)
      }
      return observer.inflight
    }
  }
}

function recordOf (target: Target) {
  const request = { requestId: '', method: 'GET', originalPath: '/', clientAddress: null }
  return {
    request, target, poolName: 'bench', attempts: 1, status: 200, bytes: 96, outcome: 'response', error: null, explanation: null, startedAt: 0, headAt: 3, endedAt: 4
  } as const
}

function poolOf (targets: number): Pool {
  const pool = new Pool({ name: 'bench', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  pool.reconcile(Array.from({ length: targets }, (_, i) => ({ url: `http://10.0.0.${i + 1}:8080` })))
  return pool
}

function routeTo (pool: Pool, observer: RouteStatistics | null): Route {
  const services: RouteServices = {
    clock: systemClock,
    wheel: new TimerWheel(systemClock),
    random: () => 0,
    queueTimeout: 0,
    uploadRate: 0,
    explain: false,
    debugSecret: null,
    draining: false,
    tracing: null,
    onEnd () {},
    ...(observer !== null && { observe: () => observer })
  }
  return dispatcherRoute({ pool, transport, retryBudget: new RetryBudget(systemClock), withdraw () {} }, services)
}
