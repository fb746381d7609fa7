import { useId, type ReactNode } from 'react'

interface ChoiceProps {
  /** Of the group that it is one of. */
  name: string
  title: string
  text: string
  /** When to take it. */
  when?: string
  isChosen: boolean
  onChoose: () => void
}

/** One of several ways, with what it means. Its name is its title, and the rest describes it. */
export function Choice({ name, title, text, when, isChosen, onChoose }: ChoiceProps): ReactNode {
  const id = useId()
  return (
    <label className="choice">
      <input
        type="radio"
        name={name}
        checked={isChosen}
        onChange={onChoose}
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      />
      <span>
        <strong id={`${id}-title`}>{title}</strong>
        <span id={`${id}-text`}>
          {text}
          {when !== undefined && <em> {when}</em>}
        </span>
      </span>
    </label>
  )
}
