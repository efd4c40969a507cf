import { echo } from '../harness/bare-coroutine.ts'
import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perOperation } from '../harness/timing.ts'

// There and back between the main stack and a coroutine.
const { rounds, count } = settingsOf<{ rounds: number; count: number }>()

function* generate(): Generator<undefined> {
  for (;;) yield
}

const thereAndBack = echo()
const generator = generate()

report(
  await compare(
    perOperation(count, () => {
      for (let i = 0; i < count; i++) thereAndBack()
    }),
    {
      generator: perOperation(count, () => {
        for (let i = 0; i < count; i++) generator.next()
      }),
    },
    { rounds },
  ),
)
