/** Stacks that do nothing but switch, for ever: no function is called in which V8 would look for interrupts. */
import { parentPort } from 'node:worker_threads'
import { addon } from '../support/addon.ts'

const { switchTo } = addon
const slots: number[] = []

addon.initialize((slot) => {
  const next = slots[(slots.indexOf(slot) + 1) % slots.length] as number
  for (;;) switchTo(next)
})
for (let index = 0; index < 3; index++) slots.push(addon.create(256 * 1024))
parentPort?.postMessage('ready')
switchTo(slots[0] as number)
