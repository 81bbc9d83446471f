import type { PickContext } from '../balancing/strategy.js'
import type { Random } from '../base/random.js'
import { Agenda, CLIENT, ENDING, PATIENCE } from './agenda.js'
import { Attempts, type Attempt } from './attempt.js'
import { Fleet } from './fleet.js'
import { horizonOf } from './horizon.js'
import { SimulatedView } from './identities.js'
import { Ledger } from './ledger.js'
import type { Model } from './model.js'
import { randomStream } from './random-streams.js'
import { arrivalTimes, requesters } from './requesters.js'
import type { FailureCause, SimulationResult } from './result.js'
import type { RunOptions } from './run-options.js'
import type { SimulatedCandidate } from './simulated-candidate.js'
import type { SimulatedProxy } from './simulated-proxy.js'
import { SimulatedRequest } from './simulated-request.js'
import type { SimulatedTarget } from './simulated-target.js'

/** Milliseconds until a connection to a target that is not there is refused; and the least that a client in a closed loop needs to ask again. */
const REFUSAL = 0.1
/** Milliseconds in which the clients of a closed loop begin. */
const BEGINNING = 10
/** Longest wait before the second attempt in milliseconds, doubled for each further one, and the longest of all: what the proxy's routes have. */
const BACK_OFF = 25
const LONGEST_BACK_OFF = 250
/** Uses of chance. */
const ARRIVALS = 0
const REQUESTERS = 1
const CHOICE = 2
const WAYS = 3
const RETRIES = 4

/** What is under way in a simulation. */
export interface UnderWay {
  readonly requests: number
  readonly attempts: number
  readonly atTargets: number
  readonly countedByProxies: number
}

/** One run of a model: a discrete-event simulation of clients, proxies and targets. Use it once. */
export class Simulation {
  readonly #model: Model
  readonly #options: RunOptions
  readonly #agenda = new Agenda()
  readonly #fleet: Fleet
  readonly #ledger: Ledger
  readonly #attempts = new Attempts()
  readonly #freeRequests: SimulatedRequest[] = []
  readonly #view: SimulatedView
  readonly #context: PickContext
  /** Through which proxy a request of an open loop goes. */
  readonly #ways: Random
  readonly #retries: Random
  readonly #arrival: () => number
  readonly #requester: (client: number) => number
  readonly #mostRequests: number
  readonly #deadline: number
  #nextArrival = Infinity
  #loading = true
  #asked = 0
  #open = 0

  constructor (model: Model, options: RunOptions) {
    const { seed, until, warmUp } = options
    this.#model = model
    this.#options = options
    this.#view = new SimulatedView(model.identities())
    this.#context = { request: this.#view, random: randomStream(seed, CHOICE), now: () => this.#agenda.now() }
    this.#ways = randomStream(seed, WAYS)
    this.#retries = randomStream(seed, RETRIES)
    this.#arrival = arrivalTimes(model.load, randomStream(seed, ARRIVALS))
    this.#requester = requesters(model, randomStream(seed, REQUESTERS))
    this.#mostRequests = 'requests' in until ? until.requests : Infinity
    this.#deadline = 'duration' in until ? warmUp + until.duration : Infinity
    this.#fleet = new Fleet(model, options, this.#agenda, this.#killed)
    this.#ledger = new Ledger(this.#fleet.targets, model.keys?.count ?? 0, warmUp)
  }

  /** Nothing, when `run` has returned. */
  get underWay (): UnderWay {
    const { targets, proxies } = this.#fleet
    const candidates = proxies.flatMap(proxy => proxy.candidates)
    return {
      requests: this.#open,
      attempts: this.#attempts.used,
      atTargets: targets.reduce((sum, { inflight }) => sum + inflight, 0),
      countedByProxies: candidates.reduce((sum, { inflight }) => sum + inflight, 0)
    }
  }

  /** Runs until the load has ended, the last request is answered and the last target is idle. */
  run (): SimulationResult {
    this.#begin()
    while (this.#loading || this.#open > 0 || this.#attempts.used > 0) {
      if (this.#nextArrival <= this.#agenda.next) this.#arrive()
      else if (this.#agenda.advance()) this.#happen()
      else break
    }
    return this.#ledger.result(this.#agenda.count)
  }

  #begin (): void {
    const { warmUp, until } = this.#options
    const { load, events } = this.#model
    if (warmUp > 0) this.#agenda.after(warmUp, () => { this.#ledger.begin(warmUp) })
    const horizon = horizonOf(load, until, events.length > 0)
    for (const event of events) this.#agenda.after(warmUp + event.at * horizon, () => { this.#fleet.play(event, horizon) })
    if (load.kind !== 'closed') return this.#awaitArrival()
    for (let client = 0; client < load.clients; client++) this.#agenda.put(BEGINNING * client / load.clients, CLIENT, client)
  }

  #happen (): void {
    const { kind, slot, number } = this.#agenda
    if (kind === ENDING) this.#ending(this.#attempts.at(slot), number)
    else if (kind === CLIENT) this.#clientAsks(slot)
    else if (kind === PATIENCE) this.#giveUp(this.#attempts.at(slot), number)
  }

  #arrive (): void {
    this.#agenda.goTo(this.#nextArrival)
    const { proxies } = this.#fleet
    const proxy = proxies[Math.floor(this.#ways() * proxies.length)]
    if (proxy !== undefined) this.#ask(proxy, -1)
    this.#awaitArrival()
  }

  #awaitArrival (): void {
    this.#nextArrival = this.#loading ? this.#arrival() : Infinity
    if (this.#nextArrival < this.#deadline && this.#nextArrival !== Infinity) return
    this.#nextArrival = Infinity
    this.#endLoad()
  }

  #clientAsks (client: number): void {
    if (this.#agenda.now() >= this.#deadline) this.#endLoad()
    if (!this.#loading) return
    const { proxies } = this.#fleet
    const proxy = proxies[client % proxies.length]
    if (proxy !== undefined) this.#ask(proxy, client)
  }

  #endLoad (): void {
    if (!this.#loading) return
    this.#loading = false
    this.#ledger.endLoad(this.#agenda.now())
  }

  #ask (proxy: SimulatedProxy, client: number): void {
    const request = this.#freeRequests.pop() ?? new SimulatedRequest(proxy)
    request.begin(proxy, client, this.#requester(client), this.#agenda.now())
    this.#open++
    if (request.arrivedAt >= this.#options.warmUp && ++this.#asked >= this.#mostRequests) this.#endLoad()
    proxy.budget?.request()
    this.#attempt(request)
  }

  #attempt (request: SimulatedRequest): void {
    this.#view.identity = request.identity
    const candidate = request.proxy.pick(this.#context, request.tried)
    if (candidate === null) return this.#conclude(request, null, 'no target')
    const now = this.#agenda.now()
    const attempt = this.#attempts.take()
    request.attempts++
    attempt.request = request
    attempt.candidate = candidate
    attempt.status = 0
    candidate.inflight++
    if (candidate.follower !== null) attempt.flight = candidate.follower.began(now)
    if (this.#options.timeout > 0) attempt.patience = this.#agenda.put(now + this.#options.timeout, PATIENCE, attempt.slot)
    attempt.refused = !candidate.target.alive
    const end = attempt.refused ? now + REFUSAL : candidate.target.accept(attempt, now)
    if (end !== -1) attempt.ending = this.#agenda.put(end, ENDING, attempt.slot)
  }

  /** The work on an attempt is done, or its connection was refused. */
  #ending (attempt: Attempt, number: number): void {
    const { candidate, request, status, refused } = attempt
    // The process may have ended meanwhile, and the attempt with it.
    if (attempt.ending !== number || candidate === null) return
    if (!refused) this.#release(candidate.target)
    if (request !== null) this.#settle(request, candidate, attempt)
    this.#attempts.giveBack(attempt)
    if (request !== null) this.#answered(request, candidate.target, status, refused ? 'refused' : 'error status')
  }

  /** A target has done the work on a request and takes up the next. */
  #release (target: SimulatedTarget): void {
    const now = this.#agenda.now()
    target.release(now)
    const slot = target.nextInLine()
    if (slot === -1) return
    const next = this.#attempts.at(slot)
    next.ending = this.#agenda.put(target.begin(next, now), ENDING, slot)
  }

  /** The proxy waits no longer for an attempt. */
  #giveUp (attempt: Attempt, number: number): void {
    const { candidate, request } = attempt
    if (attempt.patience !== number || candidate === null || request === null) return
    attempt.status = 0
    this.#settle(request, candidate, attempt)
    attempt.request = null
    this.#answered(request, candidate.target, 0, 'timeout')
  }

  /** A process has ended, and the connections to it. */
  readonly #killed = (target: SimulatedTarget): void => {
    for (const attempt of this.#attempts.filter(({ candidate, refused }) => candidate?.target === target && !refused)) {
      const { candidate, request } = attempt
      attempt.status = 0
      if (request !== null && candidate !== null) this.#settle(request, candidate, attempt)
      this.#attempts.giveBack(attempt)
      if (request !== null) this.#answered(request, target, 0, 'reset')
    }
  }

  /** The proxy's books of an attempt are closed. */
  #settle (request: SimulatedRequest, candidate: SimulatedCandidate, { flight, status }: Attempt): void {
    const { proxy } = request
    flight?.answered(this.#agenda.now(), status === 0 || status >= 500)
    candidate.inflight--
    proxy.ended(candidate, status)
    if (status === 0 || proxy.strategy.responseFields === undefined) return
    this.#view.identity = request.identity
    const fields = proxy.strategy.responseFields(candidate, this.#context)
    if (fields !== null) this.#view.keepCookie(fields)
  }

  /** @param status 0 = there was no answer, for the cause that is named. */
  #answered (request: SimulatedRequest, target: SimulatedTarget, status: number, cause: FailureCause): void {
    if (status !== 0 && status < 400) return this.#conclude(request, target, null)
    if (!this.#triesAgain(request, target, status)) return this.#conclude(request, status === 0 ? null : target, cause)
    const pause = this.#retries() * Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** (request.attempts - 1))
    if (pause < 1) this.#attempt(request)
    else this.#agenda.after(pause, () => { this.#attempt(request) })
  }

  #triesAgain (request: SimulatedRequest, target: SimulatedTarget, status: number): boolean {
    const { attempts, retryStatuses } = this.#options
    if (request.attempts >= attempts || (status !== 0 && !retryStatuses.includes(status))) return false
    request.tried.push(target)
    return request.proxy.hasUntried(request.tried) && (request.proxy.budget === null || request.proxy.budget.take())
  }

  #conclude (request: SimulatedRequest, target: SimulatedTarget | null, cause: FailureCause | null): void {
    const { overhead } = this.#options
    const now = this.#agenda.now()
    this.#open--
    this.#ledger.ended(request, now, now - request.arrivedAt + overhead, target, cause)
    if (request.client !== -1 && this.#loading) this.#agenda.put(now + Math.max(overhead, cause === 'no target' ? REFUSAL : 0), CLIENT, request.client)
    this.#freeRequests.push(request)
  }
}
