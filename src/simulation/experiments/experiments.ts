import type { Experiment } from './experiment.js'
import { herding } from './herding.js'
import { rehash } from './rehash.js'
import { retryStorm } from './retry-storm.js'
import { subsetSizes } from './subset-sizes.js'

/** The ready ones. */
export const experiments: readonly Experiment[] = [herding, subsetSizes, rehash, retryStorm]
