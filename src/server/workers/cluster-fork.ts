import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Fork } from './worker-channel.js'

/** Makes worker processes of a program. @param program its file. */
export function clusterFork (program: URL): Fork {
  cluster.setupPrimary({ exec: fileURLToPath(program), args: [], serialization: 'json' })
  return listener => {
    const worker = cluster.fork()
    worker.on('message', message => { listener.heard(message) })
    // Unlike `exit` it comes when all that the process has said has been read; unlike `disconnect` it comes, too, when the process has died with a handle on its way.
    worker.process.once('close', (code, signal) => { listener.gone(signal ?? `code ${code ?? 0}`) })
    worker.on('error', () => {
      // Of one that can't be told something, `close` follows.
      if (worker.process.pid === undefined) listener.gone('it could not be started')
    })
    return {
      get pid () { return worker.process.pid ?? 0 },
      send: (message, socket) => {
        if (socket === undefined) worker.send(message, ignored)
        else worker.send(message, socket, { keepOpen: true }, ignored)
      },
      kill: () => { worker.process.kill('SIGKILL') }
    }
  }
}

function ignored (): void {}
