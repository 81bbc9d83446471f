import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect } from '../fixtures/client.js'
import { startProgram, type Program } from '../fixtures/program.js'

const MB = 1024 ** 2
/** `HEADRACE_TEST_GIGABYTE=1` makes the bodies a gigabyte each; by default they are a quarter of that, to keep the run short. */
const SIZE = process.env['HEADRACE_TEST_GIGABYTE'] === undefined ? 256 * MB : 1024 * MB
const ALLOWED = 64 * MB
/** What goes through before memory is looked at: enough that Node has what it keeps for itself, and not so much that as much kept would go unnoticed. */
const FIRST = 32 * MB

/** The largest growth of a process's memory, looked at while something runs. */
async function growth (program: Program, run: () => Promise<void>): Promise<number> {
  const before = program.rss
  let most = before
  const timer = setInterval(() => { most = Math.max(most, program.rss) }, 20)
  try {
    await run()
  } finally {
    clearInterval(timer)
  }
  return Math.max(most, program.rss) - before
}

t.test(`a download of ${SIZE / MB} MB is not kept in memory, be the client fast or slow`, async t => {
  const backend = await startBackend(t, behaviours.download(FIRST))
  const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url] } } })
  const download = async (size: number, slow: boolean): Promise<void> => {
    const client = (await connect(t, program.port)).countOnly()
    if (slow) {
      client.socket.on('data', () => {
        client.socket.pause()
        setImmediate(() => { client.socket.resume() })
      })
    }
    client.get('/')
    await client.until(() => client.bytes >= size || client.closed, 60_000)
    t.ok(client.bytes >= size, `${client.bytes} bytes came`)
    client.leave()
  }
  await download(FIRST, false)
  backend.behave(behaviours.download(SIZE))
  const grown = await growth(program, () => download(SIZE, false))
  t.ok(grown < ALLOWED, `${Math.round(grown / MB)} MB`)
  const slowly = await growth(program, () => download(SIZE, true))
  t.ok(slowly < ALLOWED, `${Math.round(slowly / MB)} MB, slowly`)
})

for (const [name, known] of [['known', true], ['unknown', false]] as const) {
  t.test(`an upload of ${SIZE / MB} MB of ${name} length is not kept in memory`, async t => {
    const backend = await startBackend(t)
    const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url] } } })
    const upload = async (size: number): Promise<void> => {
      const client = (await connect(t, program.port)).request(['POST / HTTP/1.1', 'Host: a', known ? `Content-Length: ${size}` : 'Transfer-Encoding: chunked'])
      const piece = Buffer.alloc(128 * 1024, 'x')
      const bytes = known ? piece : Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      for (let sent = 0; sent < size; sent += piece.length) {
        if (!client.send(bytes)) await new Promise(resolve => { client.socket.once('drain', resolve) })
      }
      if (!known) client.send('0\r\n\r\n')
      t.equal((await client.response('POST')).status, 200)
      t.equal(backend.last.bodyLength, size)
      client.leave()
    }
    await upload(FIRST)
    const grown = await growth(program, () => upload(SIZE))
    t.ok(grown < ALLOWED, `${Math.round(grown / MB)} MB`)
  })
}
