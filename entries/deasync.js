import { load } from './shared.cjs'

const loaded = load('compat/deasync.js')

export const { deasync, loopWhile, promise, runLoopOnce, sleep } = loaded
export default loaded.default
