import type { Test } from 'tap'
import { connect, get, type Client } from '../fixtures/client.js'
import type { RecordingBackend } from './recording-backend.js'
import type { Expected, RequestCase } from './request-cases.js'
import { valuesOf, type StrictRequest } from './strict-request.js'

/** What a case is sent to. */
export interface Setting {
  readonly port: number
  readonly backend: RecordingBackend
}

/** Sends the bytes of a case and compares what the client gets, and what the target got, with what may be. */
export async function sendAmbiguous (t: Test, setting: Setting, item: RequestCase): Promise<void> {
  try {
    await send(t, setting, item)
  } catch (error) {
    t.fail(`${item.name}: ${String(error)}`)
  }
}

async function send (t: Test, { port, backend }: Setting, { name, bytes, refused, passed, halfClose }: RequestCase): Promise<void> {
  backend.forget()
  const client = await connect(t, port)
  client.send(bytes)
  if (halfClose === true) client.socket.end()
  const expected = await sawAnswers(t, client, name, refused ?? null, passed ?? null)
  const alone = await get(t, port, '/canary')
  t.match(alone, { status: 200, body: '/canary' }, `${name}: the next client gets its own answer`)
  client.leave()
  await backend.until(() => backend.recordings.every(({ open, reading }) => !open || reading.left === 0))
  sawRequests(t, name, backend, [...expected, { target: '/canary' }])
}

/** @returns which requests the target must have got. */
async function sawAnswers (t: Test, client: Client, name: string, refused: readonly number[] | null, passed: readonly Expected[] | null): Promise<readonly Expected[]> {
  if (passed === null || (refused !== null && await answersWith(client, refused))) {
    const received = await client.end()
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
    t.ok(statuses.length <= 1, `${name}: one answer, and the connection is closed`)
    t.ok(refused?.includes(statuses[0] ?? 0), `${name}: ${statuses[0] ?? 'closed'}`)
    return []
  }
  let closing = false
  for (const { target, method } of passed) {
    const response = await client.response(method)
    t.match(response, { status: 200, body: method === 'HEAD' ? '' : target }, `${name}: the answer to ${target}`)
    closing = response.header('connection') === 'close'
  }
  if (closing) {
    t.equal(await client.end(), '', `${name}: nothing behind the answer`)
    return passed
  }
  t.match(await client.get('/same').response(), { status: 200, body: '/same' }, `${name}: the connection goes on with its own answer`)
  t.equal(client.received, '', `${name}: nothing behind the answer`)
  return [...passed, { target: '/same' }]
}

async function answersWith (client: Client, statuses: readonly number[]): Promise<boolean> {
  await client.until(() => client.closed || /^HTTP\/1\.1 \d{3}/.test(client.received))
  const status = /^HTTP\/1\.1 (\d{3})/.exec(client.received)?.[1]
  return statuses.includes(Number(status ?? 0))
}

function sawRequests (t: Test, name: string, backend: RecordingBackend, expected: readonly Expected[]): void {
  const readings = backend.recordings.map(({ reading }) => reading)
  for (const { fault } of readings) t.equal(fault, null, `${name}: the target reads only what is clear`)
  const requests = readings.flatMap(({ requests }) => requests)
  t.same(requests.map(({ target }) => target).sort(), expected.map(({ target }) => target).sort(), `${name}: the target got these requests and no others`)
  for (const request of requests) {
    t.same(valuesOf(request.fields, 'x-forwarded-for'), ['127.0.0.1'], `${name}: ${request.target} came through the proxy, not past it`)
    const wanted = expected.find(({ target }) => target === request.target)
    if (wanted !== undefined) sawRequest(t, name, request, wanted)
  }
}

function sawRequest (t: Test, name: string, request: StrictRequest, { method, body, has, hasNot, trailers }: Expected): void {
  if (method !== undefined) t.equal(request.method, method, name)
  if (body !== undefined) t.equal(request.body, body, name)
  if (has !== undefined) t.match(request.head, has, name)
  if (hasNot !== undefined) t.notMatch(request.head, hasNot, name)
  t.same(request.trailers, trailers ?? [], name)
}
