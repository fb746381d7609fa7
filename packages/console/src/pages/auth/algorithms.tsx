import type { ReactNode } from 'react'

interface AlgorithmsProps {
  all: readonly string[]
  /** What holds when none is chosen. */
  usual: string
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
}

/** Which signatures are accepted; rarely touched, so it stands folded. */
export function Algorithms({ all, usual, chosen, onChange }: AlgorithmsProps): ReactNode {
  const turn = (name: string): void =>
    onChange(
      chosen.includes(name)
        ? chosen.filter((other) => other !== name)
        : all.filter((one) => one === name || chosen.includes(one)),
    )
  return (
    <details className="more-options">
      <summary>Signatures: {chosen.length === 0 ? `${usual}, as usual` : chosen.join(', ')}</summary>
      <fieldset className="checks">
        <legend>Accept these, and no others</legend>
        {all.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => turn(name)} />
            {name}
          </label>
        ))}
      </fieldset>
      <p className="hint">With none of them chosen it is {usual}.</p>
    </details>
  )
}
