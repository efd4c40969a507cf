import { load } from './shared.cjs'

const loaded = load('fibers/promise.js')

export const { makeCompatible } = loaded
