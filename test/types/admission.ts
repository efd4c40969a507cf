import type { FastifyContextConfig } from 'fastify'
import type { AdmissionRefusal } from 'greenthreads'
import {
  Admission,
  type AdmissionOptions,
  type AdmissionSnapshot,
  type GreenthreadsOptions,
} from 'greenthreads/fastify'
import type { Admission as HttpAdmission } from 'greenthreads/http'
import type { Equal, Expect } from './expect.ts'

const admission = new Admission({ maxConcurrent: 100 })

export type AdmissionTypes = [
  Expect<Equal<ReturnType<typeof admission.snapshot>, AdmissionSnapshot>>,
  Expect<Equal<AdmissionSnapshot['options'], Readonly<Required<AdmissionOptions>>>>,
  Expect<Equal<keyof AdmissionSnapshot['routes'][number]['refused'], AdmissionRefusal>>,
  // One object may serve a Fastify server and a plain one.
  Expect<Equal<Admission, HttpAdmission>>,
  Expect<Equal<FastifyContextConfig['admission'], false | undefined>>,
]

export const both: GreenthreadsOptions = { admission, cancelOnDisconnect: false }

// @ts-expect-error the number at once has no default
new Admission({ maxQueue: 10 })

// @ts-expect-error a route is exempt or it is not
export const config: FastifyContextConfig = { admission: true }
