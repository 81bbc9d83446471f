import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { machine, machineLine } from './machine.js'
import { countingCases } from './micro/counting.js'
import { checksum, measure } from './micro/harness.js'
import { headerCases } from './micro/headers.js'
import { leaseCases } from './micro/leases.js'
import { parserCases } from './micro/parser.js'
import { number, table, type Column } from './table.js'

const COLUMNS: readonly Column[] = ['operation', 'ns', 'best..worst', 'MB/s'].map((heading, index) => ({ heading, align: index === 0 ? 'left' : 'right' }))

const options = new Command('bench:micro')
  .description('Measures what single operations of the data path cost, in one process and without a network.')
  .option('--only <text>', 'cases whose name has this in it', '')
  .option('--json <file>', 'write the results to a file as well')
  .option('--markdown', 'print the table as Markdown')
  .parse().opts<{ only: string, json?: string, markdown?: boolean }>()

const costs = [...leaseCases, ...parserCases, ...headerCases, ...countingCases].filter(each => each.name.includes(options.only)).map(measure)
const rows = costs.map(cost => [
  cost.name,
  number(cost.median),
  `${number(cost.best)}..${number(cost.worst)}`,
  cost.throughput === undefined ? '' : number(cost.throughput)
])
console.log(`${machineLine()}; median of the samples.\n`)
console.log(table(COLUMNS, rows, options.markdown === true ? 'markdown' : 'plain'))
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), machine, costs, checksum: checksum() }, null, 2)}\n`)
