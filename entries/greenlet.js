import { load } from './shared.cjs'

const loaded = load('greenlet.js')

export const { Greenlet, GreenletError, GreenletExit, getcurrent, gettrace, settrace } = loaded
