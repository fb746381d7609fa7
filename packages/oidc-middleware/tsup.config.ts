import { defineConfig } from 'tsup'
import { preset } from '../../tsup.preset.ts'

export default defineConfig(
  preset({
    index: 'src/index.ts',
    'fastify/index': 'src/fastify/index.ts',
    'ioserver/index': 'src/ioserver/index.ts',
    'socket.io/index': 'src/socket.io/index.ts',
    'ws/index': 'src/ws/index.ts',
  }),
)
