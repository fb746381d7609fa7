import ts from 'typescript'
import type { TextFile } from '../repo/files.ts'

const SECRET = /secret|token|hash/i
// A name that says it is about a secret, and not the secret.
const ABOUT = /(type|name|kind|length|size|count|id|url|algorithm|ms|bytes|seconds|at)$/i
const EQUALITY = [
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]

/**
 * One sentence per `===` between two values of which one is named like a secret: how long that takes tells where they
 * differ. Comparing with a literal, `undefined` or `typeof` tells nothing about another secret and is let be.
 * @see CWE-208
 */
export function checkSecretComparisons(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false)
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isBinaryExpression(node) && EQUALITY.includes(node.operatorToken.kind)) {
        const names = [nameOf(node.left), nameOf(node.right)]
        if (names.every((name) => name !== undefined) && names.some((name) => isSecret(name ?? ''))) {
          const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
          found.push(
            `${path}:${line + 1} compares ${node.getText(source)} in a time that depends on the values`,
          )
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found
  })
}

function isSecret(name: string): boolean {
  return SECRET.test(name) && !ABOUT.test(name)
}

/** The last name of `a`, `a.b`, `a['b']`, `a()` and `a!`; undefined for what is not a named value. */
function nameOf(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text === 'undefined' ? undefined : node.text
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  if (ts.isElementAccessExpression(node)) {
    return ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : nameOf(node.expression)
  }
  if (ts.isCallExpression(node) || ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) {
    return nameOf(node.expression)
  }
  if (ts.isAwaitExpression(node) || ts.isAsExpression(node)) return nameOf(node.expression)
  return undefined
}
