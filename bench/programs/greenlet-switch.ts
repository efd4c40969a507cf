import { Greenlet, getcurrent } from 'greenthreads/greenlet'
import { echo } from '../harness/bare-coroutine.ts'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perOperation } from '../harness/timing.ts'

// There and back between the main stack and a greenlet, beside the bare coroutine below it.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()

const main = getcurrent()
const greenlet = new Greenlet(() => {
  for (;;) main.switch()
})
greenlet.switch()
const thereAndBack = echo()

report(
  await compare(
    perOperation(count, () => {
      for (let i = 0; i < count; i++) greenlet.switch()
    }),
    {
      coroutine: perOperation(count, () => {
        for (let i = 0; i < count; i++) thereAndBack()
      }),
    },
    { rounds },
  ),
)
