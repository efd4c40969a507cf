import { callWhereItMayWait, runTicks } from '../lowlevel.ts'

type Callback = (...args: never[]) => unknown

/**
 * Lets callbacks of timers and immediates wait, also of those that modules of Node.js make for
 * themselves: where Node.js reads the callback of one, it gets ours.
 */
export function letTimersWait(): void {
  const timer = setTimeout(() => {}, 1)
  const immediate = setImmediate(() => {})
  Object.defineProperty(Object.getPrototypeOf(timer), '_onTimeout', ofTimeout)
  Object.defineProperty(Object.getPrototypeOf(immediate), '_onImmediate', ofImmediate)
  clearTimeout(timer)
  clearImmediate(immediate)
}

const callback = Symbol('callback')

interface Timer {
  [callback]: unknown
}

// Two of each function, as V8 optimizes one for few forms of objects, and every socket of a server has a timer.
const ofTimeout: PropertyDescriptor & ThisType<Timer> = {
  configurable: true,
  get() {
    return typeof this[callback] === 'function' ? callTimer : this[callback]
  },
  set(value) {
    this[callback] = value
  },
}

const ofImmediate: PropertyDescriptor & ThisType<Timer> = {
  configurable: true,
  get() {
    return typeof this[callback] === 'function' ? callTimer : this[callback]
  },
  set(value) {
    this[callback] = value
  },
}

const { nextTick } = process

function callTimer(this: Timer, ...args: unknown[]): void {
  // Between one timer and the next, Node.js runs ticks and microtasks on the main stack. This tick is the
  // first of them, and runs all others where they may wait.
  nextTick(runTicks)
  callWhereItMayWait(this[callback] as Callback, this, args)
}
