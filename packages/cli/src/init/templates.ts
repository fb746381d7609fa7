import { newSecret } from '../input/new-secret.ts'

/** A file of a new project. */
export interface TemplateFile {
  readonly name: string
  readonly text: string
  /** Whether nobody but its owner may read it. */
  readonly isPrivate: boolean
}

/**
 * The files of a new project, with secrets that nobody else has.
 *
 * @param name - of the project, as package.json takes it
 * @param hexSecret - makes 32 random bytes in hexadecimal digits
 */
export function projectFiles(name: string, hexSecret: () => string): TemplateFile[] {
  return [
    { name: '.env', text: environment(hexSecret), isPrivate: true },
    { name: '.gitignore', text: '.env\nclient.json\ndata/\nnode_modules/\n', isPrivate: false },
    { name: 'package.json', text: manifest(name), isPrivate: false },
    { name: 'worker.js', text: WORKER, isPrivate: false },
    { name: 'client.js', text: CLIENT, isPrivate: false },
    { name: 'rules.json', text: RULES, isPrivate: false },
    { name: 'rules.table.json', text: RULES_TABLE, isPrivate: false },
    { name: 'README.md', text: readme(name), isPrivate: false },
  ]
}

function environment(hexSecret: () => string): string {
  return `# Read by portcullis dev, and by portcullis doctor --env-file .env. It holds secrets: keep it out of git.
NODE_ENV=development

# What gateways show the control plane.
CONTROL_PLANE_INTERNAL_TOKEN=${newSecret()}
# What secrets of projects are encrypted with in the database. Without it they are lost.
REGISTRY_SECRET_KEY=${hexSecret()}

# What tokens of machine clients are signed with.
GATEWAY_JWT_SECRET=${newSecret()}
# What administers machine clients: portcullis client list --env-file .env
INTERNAL_SECRET=${newSecret()}
# What registers machine clients: portcullis client register my-agent --env-file .env
AUTH_REGISTRATION=token
AUTH_INITIAL_ACCESS_TOKEN=${newSecret()}

# Who may log in at the interop gateway, and what leaves a node.
INTEROP_AUTH=machine
INTEROP_RULES_FILE=rules.json

# One gateway and one process need no NATS. For more: nats-server -js, and
# NATS_URL=nats://localhost:4222
`
}

function manifest(name: string): string {
  const json = {
    name,
    private: true,
    type: 'module',
    scripts: {
      dev: 'portcullis dev',
      client: 'node client.js',
      doctor: 'portcullis doctor --env-file .env',
      rules: 'portcullis rules test rules.json --table rules.table.json',
    },
    dependencies: { '@portcullis/client': 'latest', '@portcullis/worker': 'latest' },
    devDependencies: { '@portcullis/cli': 'latest' },
    engines: { node: '>=20.19' },
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

const WORKER = `import { createWorker } from '@portcullis/worker'

// Handles one message at a time per actor id, again after a crash; what keeps failing is in portcullis dlq list.
export default ({ transport }) =>
  createWorker({ transport, workspaceId: 'demo', projectId: 'chat' }).actor('greeter', {
    async message(context, message) {
      await context.reply({ greeting: \`Hello, \${message.name}! This is \${context.actorId}.\` })
    },
  })
`

const CLIENT = `import { createClient } from '@portcullis/client'

const client = createClient({ url: process.env.GATEWAY_URL ?? 'ws://localhost:4000/ws' })
client.on('message', (message) => console.log(message.greeting))
await client.actor('greeter', 'front-door').send({ name: process.argv[2] ?? 'Ada' })
`

const RULES = `{
  "default": "local",
  "methods": [{ "method": "/Orders\\\\..+/", "restrictions": "cluster" }],
  "contexts": [{ "context": "selection", "restrictions": "cluster" }],
  "peers": [{ "domain": "interop", "restrictions": "cluster" }]
}
`

const RULES_TABLE = `[
  { "method": "Orders.Show", "identity": { "user": "ann" }, "expect": "cluster" },
  { "method": "Notes.Show", "expect": "local" },
  { "context": "selection", "expect": "cluster" },
  { "peer": "interop", "expect": "cluster" },
  { "peer": "bus", "expect": "local" }
]
`

function readme(name: string): string {
  return `# ${name}

A worker and a client on [Portcullis](https://github.com/portcullis/portcullis). Needs Node 20.19 or newer, npm and git; no
container and no other server.

\`\`\`sh
npm install

# The two apps are not on npm: they are yours to change. Once, anywhere:
git clone https://github.com/portcullis/portcullis.git ../portcullis
(cd ../portcullis && npx --yes pnpm@10.34.9 install && npx --yes pnpm@10.34.9 build)

export PORTCULLIS_APPS=../portcullis
npm run dev              # the control plane, a gateway, and worker.js in it; until Ctrl-C
\`\`\`

In another terminal:

\`\`\`sh
npm run client           # Hello, Ada! This is front-door.
npm run doctor           # what is wrong or dangerous
npm run rules            # what rules.json lets other nodes see

# Paste the set-up link that npm run dev has printed.
npx portcullis login --setup-token-file -
npx portcullis project list

npx portcullis client register my-agent --env-file .env --out client.json
npx portcullis token mint --credentials-file client.json
\`\`\`

| file               | what it is                                                   |
| ------------------ | ------------------------------------------------------------ |
| \`.env\`             | secrets, made for this project alone; not in git             |
| \`worker.js\`        | handles messages                                             |
| \`client.js\`        | sends one and prints the answer                              |
| \`rules.json\`       | what other nodes see of interop clients                      |
| \`rules.table.json\` | what should come of it, for \`npm run rules\`                  |
| \`data/\`            | the database and the clients, once it has run; not in git    |
`
}
