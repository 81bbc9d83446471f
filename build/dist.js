import { buildType } from './type.js'

// What the compiler leaves to be done in `dist`.
await buildType('dist/base/type.js')
await import('../dashboard/build.js')
