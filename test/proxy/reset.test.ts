import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { reset } from '../../src/proxy/reset.js'
import { directory } from '../fixtures/directory.js'

/** Resets a response whose first piece the client has got. @returns what the client sees of the end. */
async function cut (t: Test, listen: { readonly port: number, readonly host: string } | { readonly path: string }): Promise<{ readonly code: string | undefined, readonly text: string }> {
  const server = createServer((_request, response) => { response.write('part') })
  t.teardown(() => { server.close() })
  const response = new Promise<ServerResponse>(resolve => server.on('request', (_request, response) => { resolve(response) }))
  server.listen(listen)
  await once(server, 'listening')
  // A server that listens on TCP has an AddressInfo.
  const client = 'path' in listen ? connect(listen.path) : connect((server.address() as AddressInfo).port, listen.host)
  let text = ''
  client.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (text.endsWith('part\r\n')) void response.then(reset)
  })
  let code: string | undefined
  client.on('error', (error: NodeJS.ErrnoException) => { code = error.code })
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise(resolve => { client.on('close', resolve) })
  return { code, text }
}

t.test('over TCP the client sees a reset', async t => {
  const { code, text } = await cut(t, { port: 0, host: '127.0.0.1' })
  t.equal(code, 'ECONNRESET')
  t.notMatch(text, '\r\n0\r\n')
})

t.test('over a Unix socket the connection closes before the last piece', async t => {
  const { text } = await cut(t, { path: join(await directory(t), 'proxy.sock') })
  t.match(text, 'part')
  t.notMatch(text, '\r\n0\r\n')
})

t.test('a response whose socket is gone already is let go', async t => {
  const calls: string[] = []
  // All that is asked of a response without a socket.
  reset({ socket: null, destroy: () => { calls.push('destroy') } } as unknown as ServerResponse)
  t.strictSame(calls, ['destroy'])
})
