import { load } from './shared.cjs'

const loaded = load('integrations/fastify.js')

export const { Admission, greenthreads } = loaded
