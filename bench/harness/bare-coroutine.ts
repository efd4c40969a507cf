/**
 * What lies below the public API, which has a scheduler on top: loaded by its place in the package.
 */
interface CoroutineModule {
  Coroutine: new () => object
  start(coroutine: object): void
  resume(coroutine: object): void
  suspend(): unknown
}

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

/** A coroutine that suspends again whenever it is resumed: returns what goes there and back. */
export function echo(): () => void {
  const coroutine = new Echo()
  start(coroutine)
  return () => resume(coroutine)
}
