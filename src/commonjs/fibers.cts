import type { FiberConstructor, Fiber as Instance } from '../fibers.ts' with {
  'resolution-mode': 'import',
}

import load = require('./load.cts')

interface Fiber extends Instance {}
const Fiber: FiberConstructor = load('fibers.js') as FiberConstructor

export = Fiber
