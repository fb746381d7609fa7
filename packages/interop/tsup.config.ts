import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig(
  preset({
    index: 'src/index.ts',
    'auth-api': 'src/auth-api.ts',
    'fastify/index': 'src/fastify/index.ts',
    'ws/index': 'src/ws/index.ts',
  }),
)
