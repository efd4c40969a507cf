import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAsyncWithDone, takesDone } from '#src/integrations/fastify-callback.js'

const position = 2

test('a function that names the parameter takes done', () => {
  assert.equal(
    takesDone((_request: unknown, _reply: unknown, _done: unknown) => {}, position),
    true,
  )
})

test('a function with fewer parameters continues when it returns', () => {
  assert.equal(
    takesDone(() => {}, position),
    false,
  )
  assert.equal(
    takesDone((_request: unknown) => {}, position),
    false,
  )
  assert.equal(
    takesDone(async () => {}, position),
    false,
  )
  assert.equal(
    takesDone(
      {
        method(_request: unknown, _reply: unknown) {},
      }.method,
      position,
    ),
    false,
  )
  assert.equal(takesDone(((_a: unknown, _b: unknown) => {}).bind(null), position), false)
})

test('spreads in a body, in a pattern or in a default value are no rest parameters', () => {
  assert.equal(
    takesDone((_request: unknown, _reply: unknown) => ({ ...{} }), position),
    false,
  )
  assert.equal(
    takesDone(({ ...all }: object) => all, position),
    false,
  )
  assert.equal(
    takesDone((_text = ')', _list = [...'...']) => {}, position),
    false,
  )
  // biome-ignore format: no parentheses is what is tested
  assert.equal(takesDone(new Function('return request => [...request]')(), position), false)
})

test('a function that could reach done without naming it takes done', () => {
  assert.equal(
    takesDone((..._args: unknown[]) => {}, position),
    true,
  )
  assert.equal(
    takesDone((_request: unknown, ..._rest: unknown[]) => {}, position),
    true,
  )
  assert.equal(
    takesDone(function () {
      // biome-ignore lint/complexity/noArguments: what is tested
      return arguments.length
    }, position),
    true,
  )
  assert.equal(takesDone(((..._args: unknown[]) => {}).bind(null), position), true)
})

test('an async function that names done is a mistake to leave to Fastify', () => {
  assert.equal(
    isAsyncWithDone(async (_a: unknown, _b: unknown, _done: unknown) => {}, position),
    true,
  )
  assert.equal(
    isAsyncWithDone(async () => {}, position),
    false,
  )
})
