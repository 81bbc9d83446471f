import neostandard from 'neostandard'

const time = 'Time and chance come in through src/base (Clock, TimerWheel, Random), so that a test can hold them in its hand.'
const outside = 'Only src/cli and, in a backend, src/backend/node-process.ts touch the process.'

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'dist-*', '.tap', 'coverage', 'node_modules'] }),
  {
    rules: {
      // `void promise` says that nobody waits for it on purpose.
      'no-void': ['error', { allowAsStatement: true }],
      // "${NAME}" in a string is what our config calls an environment variable.
      'no-template-curly-in-string': 'off'
    }
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/base/**'],
    rules: {
      'no-restricted-globals': ['error',
        ...['setTimeout', 'setInterval', 'setImmediate'].map(name => ({ name, message: time }))
      ],
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: time },
        { object: 'performance', property: 'now', message: time },
        { object: 'Math', property: 'random', message: time }
      ]
    }
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/base/**', 'src/cli.ts', 'src/cli/**', 'src/backend/node-process.ts'],
    rules: {
      'no-restricted-syntax': ['error', { selector: 'MemberExpression[object.name="process"]', message: outside }]
    }
  }
]
