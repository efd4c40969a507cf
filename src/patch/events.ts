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

// Most of what is emitted has no listener, or is called directly: nothing is allocated for that.
function emit(this: EventEmitter, event: string | symbol): boolean {
  const listener = (this as Emitter)._events?.[event]
  if (listener === undefined && event !== 'error') return false
  // biome-ignore lint/complexity/noArguments: rest arguments are an array, made for each call.
  const args = arguments as unknown as EmitArguments
  if (lastsHere(this, event, listener)) return originalEmit.apply(this, args)
  return emitApart.apply(this, args)
}

function emitApart(this: EventEmitter, ...args: EmitArguments): boolean {
  return (callApart(originalEmit, this, args) as boolean | undefined) ?? true
}

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
