import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { visible } from '../text/display.ts'
import { Field } from './field.tsx'
import { Icon } from './icon.tsx'

interface ListFieldProps {
  label: string
  hint?: ReactNode
  error?: string | undefined
  placeholder?: string
  values: readonly string[]
  onChange: (values: readonly string[]) => void
  /** What of an entry is kept. */
  clean?: (text: string) => string
}

/** Several texts, each added with Enter, a comma or by leaving the field. */
export function ListField(props: ListFieldProps): ReactNode {
  const { label, hint, error, placeholder, values, onChange, clean = (text) => text.trim() } = props
  const [draft, setDraft] = useState('')
  const [wasLeft, setLeft] = useState(false)
  const add = (text: string): void => {
    const added = text
      .split(/[,\s]+/)
      .map(clean)
      .filter((one) => one !== '' && !values.includes(one))
    if (added.length > 0) onChange([...values, ...new Set(added)])
    setDraft('')
  }
  // What is typed is taken over when the field is left. While a button of the mouse is down it waits for its end: a chip may
  // move what is being pressed.
  const leave = useRef(() => {})
  leave.current = () => {
    add(draft)
    setLeft(true)
  }
  const onBlur = (): void => {
    const isPressing = document.querySelector(':active') !== null
    if (isPressing) addEventListener('pointerup', () => leave.current(), { once: true, capture: true })
    else leave.current()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const isEnd = event.key === 'Enter' || event.key === ','
    if (isEnd && draft.trim() !== '') {
      event.preventDefault()
      add(draft)
    }
    if (event.key === 'Backspace' && draft === '') onChange(values.slice(0, -1))
  }
  return (
    // Nobody has done anything wrong before they were here.
    <Field label={label} hint={hint} error={wasLeft ? error : undefined}>
      {(attributes) => (
        <div className="list-field">
          {values.length > 0 && (
            <ul className="chips" aria-label={label}>
              {values.map((value) => (
                <li key={value} className="chip">
                  <code>{visible(value)}</code>
                  <button
                    type="button"
                    aria-label={`Remove ${visible(value)}`}
                    onClick={() => onChange(values.filter((other) => other !== value))}
                  >
                    <Icon name="close" size={14} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...attributes}
            value={draft}
            placeholder={values.length === 0 ? placeholder : ''}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="enter"
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={onKeyDown}
            onBlur={onBlur}
          />
        </div>
      )}
    </Field>
  )
}
