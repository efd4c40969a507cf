/** What lies below the public API, which has a scheduler on top: loaded by its place in the package. */
const binding = new URL('dist/binding/', import.meta.resolve('greenthreads/package.json'))

const { Coroutine }: { Coroutine: new () => object } = await load('coroutine')
const { start }: { start(coroutine: object): void } = await load('lifetime')
const { resume }: { resume(coroutine: object): void } = await load('running')
const { suspend }: { suspend(): unknown } = await load('suspension')

function load<Module>(name: string): Promise<Module> {
  return import(new URL(`${name}.js`, binding).href)
}

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
