import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { readdir, rename, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { InheritedSockets } from '../../src/server/inherited-sockets.js'
import { ListeningSocket } from '../../src/server/listening-socket.js'
import { directory } from '../fixtures/directory.js'

async function listenAt (t: Test, address: { readonly path: string } | { readonly host: string, readonly port: number }): Promise<ListeningSocket> {
  const socket = await ListeningSocket.open(net.createServer(connection => { connection.end('hello') }), { key: 'key', address }, new InheritedSockets())
  t.teardown(() => { socket.close() })
  return socket
}

async function greeting (path: string): Promise<string> {
  const socket = net.connect(path)
  const [data] = await once(socket, 'data')
  socket.destroy()
  return String(data)
}

t.test('a port: its url has the real one, and there is a file descriptor to be handed on', async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const socket = await listenAt(t, { host, port: 0 })
    const address = socket.server.address()
    t.equal(socket.url, `http://${host === '::1' ? '[::1]' : host}:${typeof address === 'object' ? address?.port : ''}`)
    t.ok(fstatSync(socket.fd).isSocket())
    socket.close()
    t.throws(() => socket.fd, { message: /descriptor/ })
  }
})

t.test('a file: there is one while it listens, and nothing else', async t => {
  const folder = await directory(t)
  const path = join(folder, 's')
  const socket = await listenAt(t, { path })
  t.equal(socket.url, `unix:${path}`)
  t.strictSame(await readdir(folder), ['s'])
  t.equal(await greeting(path), 'hello')
  await new Promise<void>(resolve => { socket.close(resolve) })
  t.strictSame(await readdir(folder), [])
  await new Promise<void>(resolve => { socket.close(resolve) })
})

t.test('a file stays for a successor that listens on its socket', async t => {
  const path = join(await directory(t), 'proxy.sock')
  const socket = await listenAt(t, { path })
  const { ino } = await stat(path)
  const successor = spawn(process.execPath, ['--eval', 'net.createServer(client => client.on("error", () => {}).end("the successor")).listen({ fd: 3 }, () => console.log("up"))'], { stdio: ['ignore', 'pipe', 'inherit', socket.fd] })
  t.teardown(() => successor.kill('SIGKILL'))
  await once(successor.stdout as Readable, 'data') // It was asked for as a pipe.
  await new Promise<void>(resolve => { socket.leave(resolve) })
  t.equal((await stat(path)).ino, ino)
  t.equal(await greeting(path), 'the successor')
})

t.test('a file does not stay for a successor that does not want it', async t => {
  const folder = await directory(t)
  const socket = await listenAt(t, { path: join(folder, 'proxy.sock') })
  await new Promise<void>(resolve => { socket.leave(resolve) })
  t.strictSame(await readdir(folder), [])
})

t.test('what is in its place is left alone', async t => {
  const folder = await directory(t)
  const path = join(folder, 'proxy.sock')
  await writeFile(path, 'keep')
  await t.rejects(listenAt(t, { path }), { code: 'EADDRINUSE', message: new RegExp(path) })
  t.strictSame(await readdir(folder), ['proxy.sock'])
  t.ok((await stat(path)).isFile())
  await t.rejects(listenAt(t, { path: join(folder, 'none', 'proxy.sock') }), { message: /none\/proxy\.sock/ })

  const mine = await listenAt(t, { path: join(folder, 'mine.sock') })
  await rename(path, join(folder, 'mine.sock'))
  mine.close()
  t.strictSame(await readdir(folder), ['mine.sock'], 'the file is not ours any more')
})

t.test('a path as long as the system allows', async t => {
  const folder = await directory(t)
  const path = join(folder, 'x'.repeat(103 - folder.length - 1))
  const socket = await listenAt(t, { path })
  t.equal(await greeting(path), 'hello')
  socket.close()
})
