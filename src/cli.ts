#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { describeConfig } from './config/describe.js'
import { readConfigFile } from './config/file.js'
import { fail } from './cli/fail.js'
import { print } from './cli/output.js'
import { VERSION } from './server/version.js'

interface Options {
  readonly config?: string
  readonly demo?: boolean
  readonly port?: number
}

interface CheckOptions {
  readonly config: string
  readonly against?: string
  readonly token?: string
}

const program = new Command('headrace')
  .description('A load-balancing reverse proxy with health checks.')
  .version(VERSION)
  .enablePositionalOptions()
  .option('-c, --config <file>', 'run the proxy that this JSON file describes')
  .option('--demo', 'run three sample backends and a proxy in front of them')
  .option('--port <number>', 'where the demo listens', readPort, 8080)
  .action(async (options: Options) => {
    // Each way is loaded when it is taken: start-up is quicker for it.
    if (options.config !== undefined) await (await import('./cli/run.js')).run(options.config)
    else if (options.demo === true) await (await import('./cli/demo.js')).demo(options.port ?? 0)
    else program.help({ error: true })
  })

program.command('check')
  .description('validate a config file and print what it comes to, or what it would change')
  .requiredOption('-c, --config <file>', 'the JSON file')
  .option('--against <url>', 'print the difference to the config that the proxy with this admin listener runs')
  .option('--token <text>', 'of that admin listener (default: the variable HEADRACE_ADMIN_TOKEN)')
  .action(async ({ config, against, token = process.env['HEADRACE_ADMIN_TOKEN'] }: CheckOptions) => {
    const described = describeConfig(readConfigFile(config, { env: process.env }))
    if (against === undefined) return print(JSON.stringify(described, null, 2))
    const changes = await (await import('./cli/against.js')).against(against, described, token)
    print(changes.length === 0 ? 'changes nothing (secrets are not compared)' : changes.join('\n'))
  })

program.command('simulate')
  .description('try strategies in virtual time; headrace simulate --help tells how')
  .helpOption(false)
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async (_options: object, { args }: Command) => {
    await (await import('./cli/simulate.js')).simulate(args)
  })

try {
  await program.parseAsync()
} catch (error) {
  fail(error)
}

function readPort (text: string): number {
  const port = Number(text)
  if (!/^[0-9]{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('expected a port, 0 to 65535')
  return port
}
