// Two green threads on one event loop: while one waits the other goes on.

import { setTimeout as delay } from 'node:timers/promises'
import { spawn, wait } from 'greenthreads'

// An ordinary function. It waits, and none of its callers had to become async for that.
function fetchPrice(item: string): number {
  wait(delay(item === 'tea' ? 20 : 10))
  console.log(`${item} is known`)
  return item.length
}

function totalOf(items: string[]): number {
  return items.map(fetchPrice).reduce((sum, price) => sum + price, 0)
}

const breakfast = spawn(totalOf, ['tea', 'bread'])
const lunch = spawn(totalOf, ['soup'])
console.log('both are under way')

// In async code a thread is awaited like a promise; in a green thread it is joined.
console.log(`lunch ${await lunch}, breakfast ${await breakfast}`)
