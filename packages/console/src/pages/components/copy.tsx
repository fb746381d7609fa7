import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Icon } from './icon.tsx'

/** Puts a text on the clipboard. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }): ReactNode {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return undefined
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <button
      type="button"
      className="button quiet copy"
      onClick={() => void copy(text).then(setCopied, () => setCopied(false))}
    >
      <Icon name={isCopied ? 'check' : 'copy'} size={16} />
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  )
}

/** A command or piece of code to take along. */
export function Snippet({ code, label }: { code: string; label?: string }): ReactNode {
  return (
    <figure className="snippet">
      {label !== undefined && <figcaption>{label}</figcaption>}
      <pre tabIndex={0} aria-label={label ?? 'Code'}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} />
    </figure>
  )
}

/** A secret in the one moment in which it can be read. */
export function ShownOnce({ label, secret }: { label: string; secret: string }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  return (
    <div className="shown-once">
      <label>
        {label}
        <input ref={field} readOnly value={secret} className="mono" onFocus={() => field.current?.select()} />
      </label>
      <CopyButton text={secret} />
    </div>
  )
}

/** Pages that are not served over HTTPS have no clipboard of their own. */
async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text)
    return true
  }
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'offscreen'
  // Inside of an open dialog nothing else can be selected.
  const place = document.querySelector('dialog[open]') ?? document.body
  place.append(area)
  area.select()
  // eslint-disable-next-line typescript/no-deprecated -- the only way without HTTPS
  const isDone = document.execCommand('copy')
  area.remove()
  return isDone
}
