import { machineLine } from '../machine.js'
import { table, type TableStyle } from '../table.js'
import type { ScenarioReport } from './scenario-report.js'
import { columns, rows } from './scenario-table.js'

/** What is to be known of all tables. */
export function head (duration: number, rounds: number): string {
  return [
    `${machineLine()}; ${rounds === 1 ? '1 round' : `${rounds} rounds`} of ${duration} s per strategy${rounds === 1 ? '' : ', in turn'}.`,
    'Load generator, proxy and backends share these cores: compare the rows with each other, not with other machines.',
    'Open loop: latency from the moment a request was due. Errors: answers other than 2xx; connections refused or reset; requests nobody answered; 10 s without an answer.',
    'Keys stay: answers from the target that their key got most of its answers from.',
    'Fairness: Jain\'s index of the shares relative to the weights, 1 = as the weights say.' + (rounds === 1 ? '' : ' Middle of the rounds, ± half the distance of the outermost.')
  ].join('\n')
}

/** One scenario: what it is, its table, the verdict. */
export function scenarioText (report: ScenarioReport, style: TableStyle): string {
  const { name, title, load, targets, events, summaries, verdict, processors, keys } = report
  const about = [load, targets, events, processors].filter(line => line !== '')
  return [
    style === 'markdown' ? `### ${name}: ${title}\n` : `${name}: ${title}`,
    ...(style === 'markdown' ? [about.join('. ') + '.'] : about.map(line => `  ${line}`)),
    '',
    table(columns(keys), rows(summaries, keys), style),
    '',
    style === 'markdown' ? `**${verdict.text}**` : `=> ${verdict.text}`
  ].join('\n')
}
