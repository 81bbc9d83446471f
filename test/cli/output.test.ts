import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

const OUTPUT = new URL('../../dist/cli/output.js', import.meta.url).href
const LINES = 5000

/** Writes many lines, in as many turns as a proxy would. */
const WRITER = `
  const { logger, share, end } = await (await import('${OUTPUT}')).createOutput('info')
  share(true)
  for (let i = 0; i < ${LINES}; i++) {
    logger.info({ i, path: '/'.padEnd(i % 300, 'x') }, 'request')
    if (i % 100 === 99) await new Promise(setImmediate)
  }
  end(() => { process.exit(0) })`

t.test('processes that write to one pipe, as in a handover, tear none of their lines', async t => {
  const shell = spawn('/bin/sh', ['-c', '"$0" --input-type=module -e "$1" & "$0" --input-type=module -e "$1" & wait', process.execPath, WRITER], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  shell.stdout.setEncoding('utf8').on('data', (piece: string) => { text += piece })
  t.strictSame(await once(shell, 'close'), [0, null])
  const lines = text.split('\n').slice(0, -1)
  t.equal(lines.length, 2 * LINES)
  t.doesNotThrow(() => { for (const line of lines) JSON.parse(line) })
})
