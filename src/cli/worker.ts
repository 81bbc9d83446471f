import cluster from 'node:cluster'
import type { Socket } from 'node:net'
import { systemClock } from '../base/clock.js'
import type { ToPrimary, ToWorker } from '../server/workers/messages.js'
import { WorkerSide } from '../server/workers/worker-side.js'
import { leave } from './leave.js'
import { createOutput } from './output.js'

// A worker process: the primary starts it, and tells it everything.
const { worker } = cluster
if (worker === undefined) throw new Error('this is a part of headrace, and no program by itself')

// A primary that is killed takes its end of the channel with it: its workers hear of that as a disconnect.
process.on('error', () => {})
// Signals to the whole group (Ctrl-C, a service manager) reach the primary too: it says what is to be done.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {})

const { logger, share, end } = await createOutput('info')
share(true)
const tell = (message: ToPrimary): void => { if (worker.isConnected()) worker.send(message, () => {}) }
const side = new WorkerSide({ clock: systemClock, log: logger, tell, ended: () => { leave({ end }) } })
// Nobody else sends to it.
worker.on('message', (message: ToWorker, socket: Socket | undefined) => { side.heard(message, socket) })
worker.on('disconnect', () => {
  // Or Node would end the process at once.
  worker.exitedAfterDisconnect = true
  side.orphaned()
})
tell({ type: 'loaded' })
