import { Channel, spawn } from 'greenthreads'
import { AsyncChannel } from '../harness/async-channel.ts'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// Numbers from one sender to one receiver, who adds them up.
const { rounds, count, capacity } = settingsOf<{
  rounds: number
  count: number
  capacity: number
}>()
const expected = (count * (count - 1)) / 2

async function green(): Promise<void> {
  const channel = new Channel<number>({ capacity })
  const sender = spawn(() => {
    for (let i = 0; i < count; i++) channel.send(i)
  })
  const receiver = spawn(() => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += channel.receive()
    return sum
  })
  await sender
  check(await receiver)
}

async function plain(): Promise<void> {
  const channel = new AsyncChannel<number>(capacity)
  const sender = (async () => {
    for (let i = 0; i < count; i++) await channel.send(i)
  })()
  const receiver = (async () => {
    let sum = 0
    for (let i = 0; i < count; i++) sum += await channel.receive()
    return sum
  })()
  await sender
  check(await receiver)
}

function check(sum: number): void {
  if (sum !== expected) throw new Error(`${sum} arrived, not ${expected}`)
}

report(
  await compare(
    perAsyncOperation(count, green),
    { async: perAsyncOperation(count, plain) },
    { rounds },
  ),
)
