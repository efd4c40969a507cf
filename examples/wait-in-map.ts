// wait() works below code that knows nothing of it: array methods, comparators, getters, callbacks.
import { spawn, wait } from 'greenthreads'

const ages: Record<string, number> = { ada: 36, grace: 85, alan: 41 }

function ageOf(name: string): number {
  return wait(Promise.resolve(ages[name] ?? Number.NaN))
}

const thread = spawn(() => {
  const names = ['grace', 'ada', 'alan']

  // One after the other.
  console.log(names.map(ageOf))
  console.log(names.toSorted((a, b) => ageOf(a) - ageOf(b)))

  // All at once: spawn them all, then join them.
  const threads = names.map((name) => spawn(ageOf, name))
  console.log(threads.map((thread) => thread.join()))
})
await thread
