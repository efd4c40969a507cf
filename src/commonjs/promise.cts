import load = require('./load.cts')

type Exports = typeof import('../fibers/promise.ts', { with: { 'resolution-mode': 'import' }})

const exported: Exports = load('fibers/promise.js') as Exports

export = exported
