import { load } from './shared.cjs'

const loaded = load('testing.js')

export const { assertNoThreadsLeft, explore, untilParked, useSeededScheduler, useVirtualClock } =
  loaded
