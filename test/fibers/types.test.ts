import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Project } from '../support/project.ts'
import { filesBelow, read, root } from '../support/repository.ts'

/** As programs were written for `@types/fibers`, in CommonJS and as an ES module. */
const programs = {
  'app.cts': `
    import Fiber = require('fibers')
    import Future = require('fibers/future')
    import fs = require('node:fs')

    const fiber: Fiber = Fiber((from: number) => {
      for (let i = from; ; i++) Fiber.yield(i)
    })
    const first: number = fiber.run(1)
    const isStarted: boolean = fiber.started
    fiber.throwInto(new Error())
    new Fiber(() => {}).reset()
    Fiber.poolSize = Fiber.fibersCreated + first
    const current: Fiber | undefined = Fiber.current

    const read = Future.wrap<string>(fs.readFile)
    const future = read('notes.txt', 'utf8')
    const text: string = future.wait()
    Future.wait(future, [Future.task(() => 1)])
    const task: () => Future<number> = (() => 1).future()
    // @ts-expect-error
    const wrong: number = future.get()
    // @ts-expect-error
    fiber.start()
    export = [isStarted, current, text, task, wrong]
  `,
  'app.mts': `
    import Fiber from 'fibers'
    import Future from 'fibers/future'

    const future = new Future<number>()
    Fiber(() => future.return(1)).run()
    export const value: number = future.wait()
    // @ts-expect-error
    future.return('text')
  `,
}

test('the types of @greenthreads/fibers serve programs written for those of fibers', async () => {
  const files = filesBelow('compat/fibers', '').map((file) => [
    file.replace('compat/', 'node_modules/'),
    read(file),
  ])
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  using project = new Project({
    ...Object.fromEntries(files),
    ...programs,
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['app.*'] }),
  })
  const { stdout, stderr, code } = await project.node([
    join(root, 'node_modules/typescript/bin/tsc'),
  ])
  assert.deepEqual([stdout, stderr, code], ['', '', 0])
})
