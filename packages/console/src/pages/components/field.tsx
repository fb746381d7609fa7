import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react'

interface Labelled {
  label: string
  /** What is expected, below the field. */
  hint?: ReactNode
  /** What is wrong with what stands there. */
  error?: string | undefined
}

interface Attributes {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/** A label, the field that it names, and what is to be said about it. */
export function Field({
  label,
  hint,
  error,
  children,
}: Labelled & { children: (attributes: Attributes) => ReactNode }): ReactNode {
  const id = useId()
  const note = error ?? hint
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-describedby': note === undefined ? undefined : `${id}-note`,
        'aria-invalid': error === undefined ? undefined : true,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} className={error === undefined ? 'hint' : 'hint bad'}>
          {note}
        </p>
      )}
    </div>
  )
}

type TextProps = Labelled &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & {
    value: string
    onChange: (value: string) => void
  }

export function TextField({ label, hint, error, onChange, ...input }: TextProps): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          {...input}
          {...attributes}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

type AreaProps = Labelled &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> & {
    value: string
    onChange: (value: string) => void
  }

export function AreaField({ label, hint, error, onChange, ...area }: AreaProps): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <textarea
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          {...area}
          {...attributes}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

type SelectProps<Value extends string> = Labelled &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> & {
    value: Value
    options: readonly (readonly [value: Value, text: string])[]
    onChange: (value: Value) => void
  }

export function SelectField<Value extends string>(props: SelectProps<Value>): ReactNode {
  const { label, hint, error, options, onChange, ...select } = props
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <select {...select} {...attributes} onChange={(event) => onChange(event.target.value as Value)}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
