import { load } from './shared.cjs'

const loaded = load('fibers.js')

export const { Fiber } = loaded
export default loaded.default
