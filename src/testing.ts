/** For tests of programs with green threads: no sleeping, no real time, any order of threads again. */
export { type ExploreOptions, explore } from './testing/explore.ts'
export { untilParked } from './testing/parked.ts'
export { type SeededScheduler, useSeededScheduler } from './testing/seeded-scheduler.ts'
export { assertNoThreadsLeft } from './testing/threads-left.ts'
export { useVirtualClock, type VirtualClock } from './testing/virtual-clock.ts'
