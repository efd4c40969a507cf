import type { Deasync } from '../compat/deasync.ts' with { 'resolution-mode': 'import' }

import load = require('./load.cts')

const deasync: Deasync = load('compat/deasync.js') as Deasync

export = deasync
