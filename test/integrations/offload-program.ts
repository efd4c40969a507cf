import { register } from 'node:module'
import { spawn } from 'greenthreads'
import { offload, offloadAsync } from 'greenthreads/offload'

// A program of its own: its end, and what it prints, is what offload-process.test.ts looks at.

const situations: Record<string, () => Promise<unknown>> = {
  async 'ends with idle workers'() {
    return spawn(() => offload((a: number, b: number) => a + b, 1, 2))
  },
  async 'ends with a call that was not awaited'() {
    offloadAsync(() => 'done').then(console.log)
    return 'last line'
  },
  async 'has no piscina'() {
    register(
      `data:text/javascript,${encodeURIComponent(
        `export async function resolve(specifier, context, next) {
           if (specifier !== 'piscina') return next(specifier, context)
           throw Object.assign(new Error('Cannot find it'), { code: 'ERR_MODULE_NOT_FOUND' })
         }`,
      )}`,
    )
    const first = await offloadAsync(() => 1).catch((error) => error)
    const second = await offloadAsync(() => 1).catch((error) => error)
    return [first.code, first.message, second.code].join('\n')
  },
}

const [, , name = ''] = process.argv
console.log(await situations[name]?.())
