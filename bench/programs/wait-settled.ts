import { spawn, wait } from 'greenthreads'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perAsyncOperation } from '../harness/timing.ts'

// One wait after the other in one thread, against one await after the other in one async function.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
const settled = Promise.resolve(1)

function waits(): void {
  for (let i = 0; i < count; i++) wait(settled)
}

async function awaits(): Promise<void> {
  for (let i = 0; i < count; i++) await settled
}

report(
  await compare(
    perAsyncOperation(count, async () => {
      await spawn(waits)
    }),
    { async: perAsyncOperation(count, awaits) },
    { rounds },
  ),
)
