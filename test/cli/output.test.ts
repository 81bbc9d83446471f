import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

const OUTPUT = new URL('../../dist/cli/output.js', import.meta.url).href
const LINES = 20_000

/** Logs many lines, says so, and ends when they have been written. */
const WRITER = `
  const { logger, share } = await (await import('${OUTPUT}')).createOutput('info')
  share(true)
  for (let i = 0; i < ${LINES}; i++) {
    logger.info({ i, path: '/'.padEnd(i % 300, 'x') }, 'request')
    if (i % 100 === 99) await new Promise(setImmediate)
  }
  logger.flush()
  process.stderr.write('x')`

t.test('processes that write to one pipe, as in a handover, tear none of their lines', async t => {
  const shell = spawn('/bin/sh', ['-c', '"$0" --input-type=module -e "$1" & "$0" --input-type=module -e "$1" & wait', process.execPath, WRITER], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(shell, 'close')
  let said = ''
  let text = ''
  // Only when the pipe is full, and both wait for room in it, do pieces of what they write take turns.
  shell.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
    if (said === 'xx') shell.stdout.setEncoding('utf8').on('data', (piece: string) => { text += piece })
  })
  t.strictSame(await closed, [0, null])
  t.equal(said, 'xx')
  const lines = text.split('\n').slice(0, -1)
  t.equal(lines.length, 2 * LINES)
  t.doesNotThrow(() => { for (const line of lines) JSON.parse(line) })
})
