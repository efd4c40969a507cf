/**
 * Packages that depend on `fibers` and publish their tests. Their code comes from the npm registry; nothing in
 * it is changed, and only the name `fibers` leads to another package.
 *
 * `command` is what their own `npm test` runs, and `passed` finds the number of tests in what it prints: a
 * suite that finds none must not pass. Suites which measure the time are left out: on a busy machine they fail.
 */
export const recipes = [
  {
    name: 'asyncawait',
    version: '3.0.0',
    command: ['node_modules/mocha/bin/_mocha'],
    passed: /(\d+) passing/,
    tests: 50,
  },
  {
    name: '@carbon-io/fibers',
    version: '0.8.2',
    command: ['test'],
    passed: /(\d+) tests passed/,
    tests: 41,
  },
  {
    name: 'syncho',
    version: '0.2.5',
    // Its script has --watch as well.
    command: ['node_modules/mocha/bin/_mocha', 'test/'],
    env: { NODE_ENV: 'test' },
    passed: /(\d+) passing/,
    tests: 22,
  },
]
