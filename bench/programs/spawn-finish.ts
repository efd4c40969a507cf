import { spawn } from 'greenthreads'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perOperation } from '../harness/timing.ts'

// A thread that ends without waiting, against an async function that does.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
let calls = 0
// Assigned, so that the compiler can't leave out what nobody looks at.
export let last: unknown

function task(): number {
  return ++calls
}

async function asyncTask(): Promise<number> {
  return ++calls
}

report(
  await compare(
    perOperation(count, () => {
      for (let i = 0; i < count; i++) last = spawn(task)
    }),
    {
      async: perOperation(count, () => {
        for (let i = 0; i < count; i++) last = asyncTask()
      }),
    },
    { rounds },
  ),
)
