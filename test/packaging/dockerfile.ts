import { DockerfileParser, type Copy, type From, type Instruction } from 'dockerfile-ast'
import { text } from './repository.js'

/** The files that one COPY takes. */
export interface Copied {
  /** The stage they come from; null = the build context. */
  readonly from: string | null
  readonly sources: readonly string[]
  readonly destination: string
}

/** One build stage: FROM, and what follows up to the next one. */
export interface Stage {
  readonly name: string | null
  /** With the standard values of ARGs filled in. */
  readonly image: string
  readonly copies: readonly Copied[]
  /** The arguments of an instruction each time it is given. */
  all (keyword: string): readonly string[]
  /** Those of the last one, which is the one that counts. */
  last (keyword: string): string
}

/** Takes a Dockerfile of this repository apart. */
export function readStages (path: string): readonly Stage[] {
  const dockerfile = DockerfileParser.parse(text(path))
  const values = new Map(dockerfile.getInitialARGs().map(arg => [arg.getProperty()?.getName() ?? '', arg.getProperty()?.getValue() ?? '']))
  const stages: Instruction[][] = []
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') stages.push([])
    stages.at(-1)?.push(instruction)
  }
  return stages.map(instructions => readStage(instructions, values))
}

function readStage (instructions: readonly Instruction[], values: ReadonlyMap<string, string>): Stage {
  // Every stage begins with its FROM; the parser makes a Copy of every COPY.
  const from = instructions[0] as From
  const copies = instructions.filter((instruction): instruction is Copy => instruction.getKeyword() === 'COPY')
  const all = (keyword: string): string[] => instructions.filter(instruction => instruction.getKeyword() === keyword)
    .map(instruction => instruction.getArgumentsContent() ?? '')
  return {
    name: from.getBuildStage(),
    image: (from.getImage() ?? '').replace(/\$\{(\w+)\}/g, (_, name: string) => values.get(name) ?? ''),
    copies: copies.map(copied),
    all,
    last: keyword => all(keyword).at(-1) ?? ''
  }
}

function copied (copy: Copy): Copied {
  const names = copy.getArguments().map(argument => argument.getValue())
  return { from: copy.getFromFlag()?.getValue() ?? null, sources: names.slice(0, -1), destination: names.at(-1) ?? '' }
}

/** The words of an instruction in exec form; null for the shell form. */
export function execForm (content: string): readonly string[] | null {
  const [list] = /\[.*\]$/s.exec(content) ?? []
  if (list === undefined) return null
  const words: unknown = JSON.parse(list)
  return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : null
}
