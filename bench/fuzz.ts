import { Command, InvalidArgumentError } from 'commander'
import { CaseRunner, type Finding } from '../test/transport/http1/fuzz/case.js'

/** Cases between two lines of progress. */
const STEP = 50_000

const options = new Command('fuzz')
  .description('Gives mutated responses to our parser and to the llhttp inside undici. Ends with 1 at the first disagreement that is not listed in strictness.ts.')
  .option('--cases <number>', 'how many', whole, 1_000_000)
  .option('--seed <number>', 'a case is made from the seed and its number only', whole, Date.now() % 1_000_000)
  .option('--from <number>', 'number of the first case', whole, 0)
  .parse().opts<{ cases: number, seed: number, from: number }>()

const { cases, seed, from } = options
const begun = process.hrtime.bigint()
const runner = new CaseRunner()
const counts = new Map<string, number>()

console.log(`${cases} cases, seed ${seed}`)
for (let number = from; number < from + cases; number++) {
  const { verdict, finding } = runner.run(seed, number)
  if (finding !== null) {
    report(number, finding)
    process.exit(1)
  }
  counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  const done = number - from + 1
  if (done % STEP === 0 && done < cases) console.log(`${done} cases, ${seconds()} s`)
}
console.log(`\nno disagreement in ${cases} cases, ${seconds()} s\n`)
for (const [verdict, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`${String(count).padStart(10)}  ${verdict}`)

function report (number: number, { sample, what, own, llhttp, pieces }: Finding): void {
  const { method, upgrade, close } = sample
  console.log(`\ncase ${number} (--seed ${seed} --from ${number} --cases 1): ${what}`)
  console.log(`response:  ${JSON.stringify(sample.bytes.toString('latin1'))}`)
  if (pieces !== null) console.log(`in pieces: ${JSON.stringify(pieces.map(piece => piece.toString('latin1')))}`)
  console.log(`to:        ${method}${upgrade ? ' with Upgrade' : ''}${close ? '; then the connection ends' : ''}`)
  console.log('before it was made smaller:')
  console.log(`ours:      ${JSON.stringify(own)}`)
  console.log(`llhttp:    ${JSON.stringify(llhttp)}`)
}

function seconds (): string {
  return (Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1)
}

function whole (text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}
