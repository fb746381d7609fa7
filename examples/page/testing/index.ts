export { openBrowser, type TestBrowser } from './browser.ts'
