import { load } from './shared.cjs'

const loaded = load('inspect.js')

export const { dump, monitorBlocking } = loaded
