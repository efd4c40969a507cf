import { EventEmitter } from 'node:events'

// Random programs of everything that runs later, the same ones in each process: prints a trace of each.
// Each step lasts longer than the shortest timer by the clock of the timers (on Linux a coarse one, which
// lags on a busy machine), so that no timer is due sooner or later by chance.
const shortestTimerMs = 1
const deepest = 5
const mostSteps = 20
const [, , first = '1', count = '1'] = process.argv

type Random = (below: number) => number

class Schedule {
  readonly trace: string[] = []
  readonly #seed: number
  #steps = 0
  #pending = 0
  #finish: () => void = () => {}
  readonly finished: Promise<void>

  constructor(seed: number) {
    this.#seed = seed
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#later((run) => setImmediate(run), 'root', 0)
  }

  #step(name: string, depth: number): void {
    this.trace.push(name)
    if (depth < deepest && this.#steps < mostSteps) {
      const random = randomOf(this.#seed, name)
      const count = random(3) + 1
      this.#steps += count
      for (let i = 0; i < count; i++) this.#something(random, `${name}${i}`, depth + 1)
    }
    stay(shortestTimerMs)
  }

  #something(random: Random, name: string, depth: number): void {
    const later: ((run: () => void) => unknown)[] = [
      (run) => setTimeout(run, 0),
      (run) => setTimeout(run, 1),
      (run) => setImmediate(run),
      (run) => process.nextTick(run),
      (run) => Promise.resolve().then(run),
      (run) => queueMicrotask(run),
      (run) => this.#async(run, name),
      (run) => process.nextTick(() => this.#caught(run, name)),
    ]
    const kind = random(later.length + 3)
    const schedule = later[kind]
    if (schedule !== undefined) this.#later(schedule, `${name}${'TUINPQAC'[kind]}`, depth)
    else if (kind === later.length) this.#emit(`${name}E`, depth)
    else if (kind === later.length + 1) this.#repeat(`${name}V`, depth)
    else Promise.reject(new Rejection(this, name))
  }

  #later(schedule: (run: () => void) => unknown, name: string, depth: number): void {
    this.#pending++
    schedule(() => {
      this.#step(name, depth)
      this.#done()
    })
  }

  async #async(run: () => void, name: string): Promise<void> {
    await null
    run()
    await null
    this.trace.push(`end of ${name}`)
  }

  #caught(run: () => void, name: string): void {
    Promise.reject(new Error(name)).catch(() => {
      this.trace.push(`caught ${name}`)
      run()
    })
  }

  #emit(name: string, depth: number): void {
    const emitter = new EventEmitter()
    emitter.on('event', () => this.#step(name, depth))
    emitter.emit('event')
  }

  #repeat(name: string, depth: number): void {
    let times = 0
    this.#pending++
    const timer = setInterval(() => {
      this.#step(`${name}${times}`, depth)
      if (++times < 2) return
      clearInterval(timer)
      this.#done()
    }, 1)
  }

  #done(): void {
    // What is scheduled after the last step, refused promises among them, belongs to the trace.
    if (--this.#pending === 0) setTimeout(this.#finish, 2 * shortestTimerMs)
  }
}

class Rejection extends Error {
  readonly schedule: Schedule

  constructor(schedule: Schedule, name: string) {
    super(name)
    this.schedule = schedule
  }
}

process.on('unhandledRejection', (reason) => {
  if (!(reason instanceof Rejection)) throw reason
  reason.schedule.trace.push(`unhandled ${reason.message}`)
})

function randomOf(seed: number, name: string): Random {
  let state = seed * 7919
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % below
  }
}

function stay(ms: number): void {
  const end = timerNow() + ms
  while (timerNow() <= end);
}

/** The time from which a timer made now would be counted. */
function timerNow(): number {
  const timer = setTimeout(() => {}, 1e6) as unknown as { _idleStart: number } & NodeJS.Timeout
  clearTimeout(timer)
  return timer._idleStart
}

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const schedule = new Schedule(seed)
  await schedule.finished
  console.log(`${seed}: ${schedule.trace.join(' ')}`)
}
