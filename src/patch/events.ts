import { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { Server } from 'node:net'
import { Stream } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { callApart, callWhereItMayWait, isInCallback, isOnMainStack } from '../lowlevel.ts'

/** Lets listeners of events wait, those of `EventTarget`s too. */
export function letListenersWait(): void {
  for (const prototype of [Stream, Server, ChildProcess, Worker].map((one) => one.prototype)) {
    Object.defineProperty(prototype, ownOfNode, { value: true })
  }
  Object.defineProperty(process, ownOfNode, { value: true })
  EventEmitter.prototype.emit = emit
  EventTarget.prototype.dispatchEvent = dispatchEvent
}

/**
 * Marks emitters in which Node.js itself emits, in the middle of its work: a parser fills a request, a stream
 * its buffer. That work goes on when a listener waits. Elsewhere to emit is to call functions: it
 * lasts until they return.
 */
const ownOfNode = Symbol('greenthreads.ownOfNode')

interface Emitter extends EventEmitter {
  readonly [ownOfNode]?: true
  readonly _events?: Readonly<Record<string | symbol, unknown>>
}

const originalEmit = EventEmitter.prototype.emit

type EmitArguments = Parameters<EventEmitter['emit']>

// Most of what is emitted has no listener, or one that is called directly: nothing is allocated for that, and the
// listener is not looked for a second time.
function emit(this: EventEmitter, event: string | symbol, ...args: never[]): boolean {
  const listener = (this as Emitter)._events?.[event]
  if (listener === undefined && event !== 'error') return false
  const isDirect = lastsHere(this, event, listener)
  if (isAllToCall(this, event, listener)) {
    if (isDirect) listener.apply(this, args)
    else listenApart(this, listener, ...args)
    return true
  }
  // biome-ignore lint/complexity/noArguments: V8 hands them on without an array.
  const all = arguments as unknown as EmitArguments
  return isDirect ? originalEmit.apply(this, all) : emitApart.apply(this, all)
}

function listenApart(emitter: EventEmitter, listener: Listener, ...args: never[]): void {
  callApart(listener, emitter, args)
}

function emitApart(this: EventEmitter, ...args: EmitArguments): boolean {
  return (callApart(originalEmit, this, args) as boolean | undefined) ?? true
}

/** Whether Node.js would do nothing but to call it: it does more for errors, and where it watches for rejections. */
function isAllToCall(
  emitter: EventEmitter,
  event: string | symbol,
  listener: unknown,
): listener is Listener {
  if (typeof listener !== 'function' || event === 'error') return false
  return (emitter as { readonly [captures]?: unknown })[captures] === false
}

type Listener = (...args: never[]) => unknown

/** Of every emitter: whether Node.js listens to the promises that its listeners return. */
const captures: unique symbol = Object.getOwnPropertySymbols(new EventEmitter()).find(
  ({ description }) => description === 'kCapture',
) as typeof captures

function lastsHere(emitter: Emitter, event: string | symbol, listener: unknown): boolean {
  if (listener === undefined) return true // an `error`, which is thrown
  if (isOnMainStack()) return isExit(emitter, event)
  return (
    emitter[ownOfNode] === undefined || !isInCallback() || isOfHttpServer(emitter, event, listener)
  )
}

/** The first listeners of the HTTP server to each request, which need no stack of their own. */
function isOfHttpServer(emitter: EventEmitter, event: string | symbol, listener: unknown): boolean {
  if (typeof listener !== 'function') return false
  if (event === 'finish') return isResponse(emitter)
  return event === 'end' && isRequest(emitter)
}

// Classes of node:http: the module costs time to load, and names cost time to read.
let ServerResponse: unknown
let IncomingMessage: unknown

function isResponse({ constructor: made }: EventEmitter): boolean {
  if (ServerResponse === undefined && made.name === 'ServerResponse') ServerResponse = made
  return made === ServerResponse
}

function isRequest({ constructor: made }: EventEmitter): boolean {
  if (IncomingMessage === undefined && made.name === 'IncomingMessage') IncomingMessage = made
  return made === IncomingMessage
}

/** What waits when the process exits will never go on. */
function isExit(emitter: EventEmitter, event: string | symbol): boolean {
  return event === 'exit' && emitter === (process as unknown)
}

const originalDispatch = EventTarget.prototype.dispatchEvent

function dispatchEvent(this: EventTarget, event: Event): boolean {
  const result = callWhereItMayWait(originalDispatch, this, [event])
  return (result as boolean | undefined) ?? !event.defaultPrevented
}
