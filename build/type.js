import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { appendLicenses, packagesOf } from './licenses.js'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Bundles what `src/base/type.ts` hands on into one file, relative to the repository. */
export async function buildType (outfile) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/base/type.ts'],
    outfile,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20'
  })
  await appendLicenses(outfile, packagesOf(Object.keys(metafile.inputs)))
}
