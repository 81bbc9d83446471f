import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { answer } from '../../src/proxy/answer.js'
import { problem } from '../../src/proxy/problem.js'

const PROBLEM = problem(404, 'No route matches', 'no_route', 'id-1')

const response = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

t.test('a problem is answered with its status, fields and body', async t => {
  const to = response()
  answer(to, PROBLEM)
  t.equal(to.statusCode, 404)
  t.ok(to.headersSent)
  t.ok(to.writableEnded)
})

t.test('who has been answered, or is gone, gets none', async t => {
  const answered = response()
  answered.writeHead(200)
  answer(answered, PROBLEM)
  t.equal(answered.statusCode, 200)
  t.notOk(answered.writableEnded)
  const gone = response()
  gone.destroy()
  answer(gone, PROBLEM)
  t.notOk(gone.headersSent)
})
