import { compare } from '../harness/comparison.ts'
import { report, settingsOf } from '../harness/program.ts'
import { perOperation } from '../harness/timing.ts'

// There and back between the main stack and a coroutine. That is below the public API, which has a
// scheduler on top; so the module is loaded by its place in the package.
interface CoroutineModule {
  Coroutine: new () => object
  start(coroutine: object): void
  resume(coroutine: object): void
  suspend(): unknown
}

const { rounds, count } = settingsOf<{ rounds: number; count: number }>()
const module = new URL(
  'dist/binding/coroutine.js',
  import.meta.resolve('greenthreads/package.json'),
)
const { Coroutine, resume, start, suspend }: CoroutineModule = await import(module.href)

class Echo extends Coroutine {
  run(): void {
    for (;;) suspend()
  }
  refused(): void {}
  thrown(): void {}
  terminated(): void {}
}

function* echo(): Generator<undefined> {
  for (;;) yield
}

const coroutine = new Echo()
start(coroutine)
const generator = echo()

report(
  await compare(
    perOperation(count, () => {
      for (let i = 0; i < count; i++) resume(coroutine)
    }),
    {
      generator: perOperation(count, () => {
        for (let i = 0; i < count; i++) generator.next()
      }),
    },
    { rounds },
  ),
)
