import { load } from './shared.cjs'

const loaded = load('fibers/future.js')

export const { Future } = loaded
export default loaded.default
