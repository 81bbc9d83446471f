import net from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { EventLog } from '../../../src/admin/event-log.js'
import type { Snapshot } from '../../../src/admin/snapshot.js'
import { ConfigError, type ConfigFault } from '../../../src/base/errors.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import type { Config } from '../../../src/config/config.js'
import { loadConfig } from '../../../src/config/load.js'
import { Crew } from '../../../src/server/workers/crew.js'
import type { Answers, Question, ToWorker } from '../../../src/server/workers/messages.js'
import { snapshotOf } from '../../admin/snapshot-arbitrary.js'
import type { WorkerListener } from '../../../src/server/workers/worker-channel.js'

/** A worker process that is none: what it was told, and how it answers. */
class FakeWorker {
  readonly told: ToWorker[] = []
  readonly sockets: net.Socket[] = []
  killed = false
  /** What it says of configs by their log level. */
  faults: readonly ConfigFault[] = []
  /** Questions that it leaves open. */
  silent: ReadonlyArray<Question['type']> = []
  readonly pid: number
  readonly listener: WorkerListener

  constructor (pid: number, listener: WorkerListener) {
    this.pid = pid
    this.listener = listener
  }

  /** Types of what it was told, questions by their own. */
  get heard (): string[] {
    return this.told.map(message => message.type === 'ask' ? message.question.type : message.type).filter(type => type !== 'ping')
  }

  /** The config that it was last given. */
  get config (): Config | undefined {
    const questions = this.told.flatMap(message => message.type === 'ask' ? [message.question] : [])
    return questions.findLast(question => 'config' in question)?.config
  }

  send (message: ToWorker, socket?: net.Socket): void {
    this.told.push(message)
    if (socket !== undefined) this.sockets.push(socket)
    if (message.type !== 'ask' || this.silent.includes(message.question.type)) return
    const { id, question: { type } } = message
    queueMicrotask(() => { this.answer(id, type === 'start' || type === 'prepare' ? this.faults : type === 'drain' ? 3 : null) })
  }

  answer (id: number, answer: Answers[keyof Answers]): void {
    this.listener.heard({ type: 'answer', id, answer })
    if (typeof answer === 'number') this.die('code 0')
  }

  kill (): void {
    this.killed = true
    queueMicrotask(() => { this.die('SIGKILL') })
  }

  die (how: string): void {
    this.listener.gone(how)
  }
}

const level = (level: string): Config => loadConfig({ log: { level }, pools: { api: { targets: ['http://10.0.0.1'], maxConnections: 5 } } })

function create (size = 2) {
  const clock = new VirtualClock()
  const forked: FakeWorker[] = []
  const errors: string[] = []
  const left: net.Socket[] = []
  /** Of those that are still to be forked. */
  const next: { faults: readonly ConfigFault[], loads: boolean } = { faults: [], loads: true }
  const events = new EventLog(clock)
  const log = { debug () {}, info () {}, warn () {}, error: (_fields: object, message: string) => { errors.push(message) } }
  const fork = (listener: WorkerListener): FakeWorker => {
    const worker = new FakeWorker(forked.length + 1, listener)
    worker.faults = next.faults
    forked.push(worker)
    if (next.loads) queueMicrotask(() => { listener.heard({ type: 'loaded' }) })
    return worker
  }
  const crew = new Crew(level('info'), { size, fork, clock, log, events, counted: false, verdicts: () => [{ pool: 'api', target: 'http://10.0.0.1', up: true }] }, {
    relieved: () => {}, left: sockets => { left.push(...sockets) }, told: () => {}, died: () => {}
  })
  const worker = (i: number): FakeWorker => {
    const found = forked[i]
    if (found === undefined) throw new Error(`there is no worker ${i}`)
    return found
  }
  return { clock, forked, worker, crew, next, errors, left, events }
}

t.test('all start with their share, and what is known', async t => {
  const { crew, worker } = create()
  await crew.start()
  t.equal(crew.takers.length, 2)
  t.strictSame([worker(0).config?.pools['api']?.maxConnections, worker(1).config?.pools['api']?.maxConnections], [3, 2])
  t.match(worker(0).told[0], { question: { type: 'start', number: 1, verdicts: [{ up: true }] } })
})

t.test('a config that one can not run is nobody\'s', async t => {
  const { crew, next, forked } = create()
  next.faults = [{ path: 'pools.api.strategy', message: 'no' }]
  await t.rejects(crew.start(), new ConfigError(next.faults))
  t.ok(forked.every(({ killed }) => killed))
})

t.test('one that dies while it starts ends the start', async t => {
  const { crew, next, worker } = create()
  next.loads = false
  const started = crew.start()
  worker(1).die('code 1')
  await t.rejects(started, { message: 'worker 2 died while it started: code 1' })
})

t.test('one that dies when it is ready, before all are, is replaced', async t => {
  const { crew, worker, next, forked, clock } = create()
  next.loads = false
  const started = crew.start()
  worker(0).listener.heard({ type: 'loaded' })
  await clock.advanceAsync(0)
  worker(0).die('SIGKILL')
  worker(1).listener.heard({ type: 'loaded' })
  await started
  next.loads = true
  await clock.advanceAsync(100)
  t.equal(forked.length, 3)
  t.equal(crew.takers.length, 2)
})

t.test('a reload: all make it ready, then all take it', async t => {
  const { crew, worker } = create()
  await crew.start()
  const next = await crew.prepare(level('debug'))
  t.strictSame([worker(0).heard, worker(1).heard], [['start', 'prepare'], ['start', 'prepare']])
  await next.commit()
  t.strictSame([worker(0).heard.at(-1), worker(1).heard.at(-1)], ['commit', 'commit'])
  t.match(worker(0).told.at(-1), { question: { verdicts: [{ up: true }] } })
})

t.test('a reload that one refuses is forgotten by all, with the faults of all', async t => {
  const { crew, worker } = create(3)
  await crew.start()
  worker(1).faults = [{ path: 'a', message: 'no' }, { path: 'b', message: 'neither' }]
  worker(2).faults = [{ path: 'a', message: 'no' }]
  const refused = await crew.prepare(level('debug')).catch((error: unknown) => error)
  t.match(refused, { faults: [{ path: 'a' }, { path: 'b' }] })
  t.ok(refused instanceof ConfigError && refused.faults.length === 2, 'each fault once')
  for (const i of [0, 1, 2]) t.strictSame(worker(i).heard, ['start', 'prepare', 'abort'])
})

t.test('one that is not ready with a config in time is a fault; one that dies meanwhile is none', async t => {
  const { crew, worker, clock } = create()
  await crew.start()
  worker(0).silent = ['prepare']
  const refused = t.rejects(crew.prepare(level('debug')), new ConfigError([{ path: 'workers', message: 'worker 1 is not ready with it after 30 s' }]))
  await clock.advanceAsync(30_000)
  await refused
  t.notOk(worker(0).killed, 'it answers, if not that')
  const second = crew.prepare(level('debug'))
  worker(0).die('SIGSEGV')
  await (await second).commit()
  t.strictSame(worker(1).heard.at(-1), 'commit')
})

t.test('one that answers no more is killed and replaced, and a reload does not fail for it', async t => {
  const { crew, worker, clock, forked, events } = create()
  await crew.start()
  await clock.advanceAsync(60_000)
  t.ok(forked.every(({ killed }) => !killed), 'who answers lives')
  worker(0).silent = ['ping', 'prepare', 'snapshot']
  const next = crew.prepare(level('debug'))
  await clock.advanceAsync(10_000)
  t.notOk(worker(0).killed, 'it may be busy')
  await clock.advanceAsync(1000)
  t.ok(worker(0).killed)
  await (await next).commit()
  t.equal(worker(1).heard.at(-1), 'commit')
  await clock.advanceAsync(100)
  t.equal(forked.length, 3)
  t.equal(worker(2).config?.log.level, 'debug')
  t.match(events.recent.map(({ message }) => message)[0], /^worker 1 \(process 1\) has died: it has hung/)
})

t.test('one whose program does not load is killed, too, but has longer', async t => {
  const { crew, worker, clock, next } = create()
  await crew.start()
  next.loads = false
  worker(1).die('code 1')
  await clock.advanceAsync(60_000)
  t.notOk(worker(2).killed)
  await clock.advanceAsync(2000)
  t.ok(worker(2).killed)
})

t.test('one that takes its time to load is asked as soon as it has loaded, and lives', async t => {
  const { crew, worker, clock, next } = create()
  await crew.start()
  next.loads = false
  worker(1).die('code 1')
  await clock.advanceAsync(30_000)
  worker(2).listener.heard({ type: 'loaded' })
  await clock.advanceAsync(30_000)
  t.notOk(worker(2).killed)
  t.equal(worker(2).told.filter(message => message.type === 'ask' && message.question.type === 'ping').length, 30)
})

t.test('an answer that comes late is an answer', async t => {
  const { crew, worker, clock } = create()
  await crew.start()
  const pings = () => worker(0).told.flatMap(message => message.type === 'ask' && message.question.type === 'ping' ? [message.id] : [])
  for (let i = 0; i < 5; i++) {
    worker(0).silent = ['ping']
    const before = pings().length
    await clock.advanceAsync(10_000)
    t.equal(pings().length, before + 1, 'one question at a time')
    worker(0).silent = []
    worker(0).answer(pings().at(-1) ?? 0, null)
    await clock.advanceAsync(0)
  }
  t.notOk(worker(0).killed)
})

t.test('one that does not tell of itself in time is what it last told of', async t => {
  const { crew, worker, clock } = create()
  await crew.start()
  const [snapshot] = fc.sample(snapshotOf('worker'), { numRuns: 1, seed: 1 })
  if (snapshot === undefined) throw new Error('there is one')
  const ask = async () => {
    worker(0).silent = worker(1).silent = ['snapshot']
    const snapshots = crew.snapshots()
    const answer = (i: number, of: Snapshot): void => {
      const asked = worker(i).told.findLast(message => message.type === 'ask' && message.question.type === 'snapshot')
      worker(i).answer(asked?.type === 'ask' ? asked.id : 0, of)
    }
    return { snapshots, answer }
  }
  const first = await ask()
  first.answer(0, { ...snapshot, connections: 1 })
  first.answer(1, { ...snapshot, connections: 2 })
  t.strictSame((await first.snapshots).map(({ connections }) => connections), [1, 2])
  const second = await ask()
  second.answer(1, { ...snapshot, connections: 3 })
  await clock.advanceAsync(1000)
  t.strictSame((await second.snapshots).map(({ connections }) => connections), [1, 3])
  const [dying] = crew.workers
  const third = await ask()
  third.answer(1, { ...snapshot, connections: 4 })
  worker(0).die('SIGKILL')
  t.strictSame((await third.snapshots).map(({ connections }) => connections), [4], 'the dead are not among the living')
  t.equal(dying?.lastSnapshot?.connections, 1, 'but what it knew is kept for whoever adds it up')
})

t.test('who starts while the config changes catches up before it takes a connection', async t => {
  const { crew, worker, clock, next } = create()
  await crew.start()
  worker(0).die('SIGKILL')
  next.loads = false
  await clock.advanceAsync(100)
  const late = worker(2)
  late.silent = ['start']
  late.listener.heard({ type: 'loaded' })
  await (await crew.prepare(level('debug'))).commit()
  t.strictSame(late.heard, ['start'])
  t.equal(late.config?.log.level, 'info')
  const asked = late.told[0]
  late.answer(asked?.type === 'ask' ? asked.id : 0, [])
  await clock.advanceAsync(0)
  t.strictSame(late.heard, ['start', 'prepare', 'commit'])
  t.equal(late.config?.log.level, 'debug')
  t.equal(crew.takers.length, 2)
  worker(1).die('SIGKILL')
  next.loads = true
  await clock.advanceAsync(100)
  t.equal(worker(3).config?.log.level, 'debug', 'the next one starts with it')
})

t.test('the config may change again while one catches up', async t => {
  const { crew, worker, clock, next } = create()
  await crew.start()
  worker(0).die('SIGKILL')
  next.loads = false
  await clock.advanceAsync(100)
  const late = worker(2)
  late.silent = ['start', 'prepare']
  late.listener.heard({ type: 'loaded' })
  const answerLast = async (): Promise<void> => {
    const asked = late.told.at(-1)
    late.answer(asked?.type === 'ask' ? asked.id : 0, [])
    await clock.advanceAsync(0)
  }
  await (await crew.prepare(level('debug'))).commit()
  await answerLast()
  t.strictSame(late.heard, ['start', 'prepare'])
  await (await crew.prepare(level('warn'))).commit()
  await answerLast()
  t.strictSame(late.heard, ['start', 'prepare', 'commit', 'prepare'])
  t.equal(crew.takers.length, 1)
  await answerLast()
  t.strictSame(late.heard.slice(4), ['commit'])
  t.equal(late.config?.log.level, 'warn')
  t.equal(crew.takers.length, 2)
})

t.test('the dead are replaced, later and later; their share is their successor\'s', async t => {
  const { crew, worker, clock, forked, errors, events } = create()
  await crew.start()
  worker(1).die('code 7')
  t.equal(crew.takers.length, 1, 'the other one goes on')
  await clock.advanceAsync(99)
  t.equal(forked.length, 2)
  await clock.advanceAsync(1)
  t.equal(forked.length, 3)
  t.equal(worker(2).config?.pools['api']?.maxConnections, 2)
  worker(2).die('code 7')
  await clock.advanceAsync(199)
  t.equal(forked.length, 3)
  await clock.advanceAsync(1)
  t.equal(forked.length, 4)
  t.equal(crew.restarts, 2)
  t.strictSame(errors, ['worker has died', 'worker has died'])
  t.strictSame(events.recent.map(({ kind }) => kind), ['worker-died', 'worker-started', 'worker-died', 'worker-started'])
  await clock.advanceAsync(60_000)
  worker(3).die('code 7')
  await clock.advanceAsync(100)
  t.equal(forked.length, 5, 'it had lived for a minute')
})

t.test('connections that a worker has not touched when it dies are given back, the others are lost', async t => {
  const { crew, worker, left } = create()
  await crew.start()
  const [first] = crew.workers
  const sockets = Array.from({ length: 3 }, () => new net.Socket())
  for (const socket of sockets) first?.give(socket)
  t.equal(first?.load, 3)
  worker(0).listener.heard({ type: 'connections', taken: 2, open: 1 })
  t.equal(first?.load, 2, 'one stands, one is on its way')
  t.strictSame(sockets.map(({ destroyed }) => destroyed), [true, true, false], 'the worker has its own hold on them')
  worker(0).die('SIGKILL')
  t.strictSame(left, [sockets[2]])
})

t.test('one that does not get on with its connections is given no more', async t => {
  const { crew, worker } = create()
  await crew.start()
  const [first] = crew.workers
  for (let i = 0; i < 64; i++) first?.give(new net.Socket())
  t.equal(crew.takers.length, 1)
  worker(0).listener.heard({ type: 'connections', taken: 1, open: 1 })
  t.equal(crew.takers.length, 2)
})

t.test('the end: all let end what they have; nobody is replaced; who has hung is killed', async t => {
  const { crew, worker, clock, forked } = create(3)
  await crew.start()
  worker(2).die('code 1')
  worker(1).silent = ['drain']
  const ended = crew.end(500, true)
  t.match(worker(0).told.at(-1), { question: { type: 'drain', deadline: 500, leave: true } })
  await clock.advanceAsync(60_000)
  t.ok(worker(1).killed)
  t.notOk(worker(0).killed)
  t.equal(await ended, 3)
  t.equal(forked.length, 3)
  t.equal(clock.pending, 0)
})
