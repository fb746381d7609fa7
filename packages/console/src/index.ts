export { consolePages, type ConsolePagesOptions } from './server/console-pages.ts'
