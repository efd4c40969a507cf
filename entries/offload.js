import { load } from './shared.cjs'

const loaded = load('integrations/offload.js')

export const { configureOffload, offload, offloadAsync, transfer } = loaded
