import type { ReactNode } from 'react'
import { ListField } from '../components/list-field.tsx'
import { Note } from '../components/notes.tsx'

/** The hosts of a project, pasted in whatever form one has them. */
export function HostsField({
  hosts,
  onChange,
}: {
  hosts: readonly string[]
  onChange: (hosts: readonly string[]) => void
}): ReactNode {
  return (
    <>
      <ListField
        label="Hosts"
        placeholder="relay.example.com"
        hint="Names that clients connect to. *.example.com stands for every name one label below, by your explicit choice."
        values={hosts}
        onChange={onChange}
        clean={hostOf}
      />
      {hosts.some((host) => host.startsWith('*.')) && (
        <Note>
          <p>A wildcard covers exactly one label, and gives way to a project that has the very name.</p>
        </Note>
      )}
    </>
  )
}

/** Of an address that was pasted only the host is meant. */
function hostOf(text: string): string {
  return text
    .trim()
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[/?#].*$/, '')
}
