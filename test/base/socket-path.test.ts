import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { socketPathFault } from '../../src/base/socket-path.js'
import { directory } from '../fixtures/directory.js'

t.test('the longest path that is taken is one that the system takes whole', async t => {
  const folder = await directory(t)
  let path = join(folder, 's')
  while (socketPathFault(`${path}s`) === null) path += 's'
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  t.strictSame(await readdir(folder), [path.slice(folder.length + 1)])
  await new Promise(resolve => server.close(resolve))
})

t.test('bytes are counted, not characters, and the fault says how many', async t => {
  t.equal(socketPathFault(`/${'s'.repeat(100)}`), null)
  t.match(socketPathFault(`/${'é'.repeat(100)}`), /^the path of a Unix socket can have \d+ bytes, and "\/é+" has 201$/)
  t.equal(socketPathFault(`\\\\.\\pipe\\${'s'.repeat(200)}`), null, 'a pipe of Windows has no path')
})
