import { systemClock } from '../base/clock.js'
import { startDemo } from '../server/demo.js'
import { createOutput, print } from './output.js'
import { announce } from './run.js'
import { StopSignals } from './signals.js'

/** Runs three sample backends and a proxy in front of them, and says what to try. */
export async function demo (port: number): Promise<void> {
  const signals = new StopSignals()
  const output = await createOutput('info')
  const { proxy, backends, close } = await startDemo(systemClock, port, { logger: output.logger })
  announce(output.logger, proxy)
  const [address] = proxy.addresses
  print([
    '',
    `  The proxy listens on ${address}, in front of three backends:`,
    ...backends.map(url => `    ${url}`),
    '',
    '  Try, in another terminal:',
    `    curl -i ${address}/hello`,
    `    curl -N ${address}/events`,
    '',
    '  Ctrl-C ends it all.',
    ''
  ].join('\n'))
  signals.lead({
    stop: async () => {
      await close()
      return 0
    },
    cut: () => proxy.cut()
  }, output)
}
