// The runbook of a service or an objective and its other links, in the bar; they open beside the page.

type Known = { runbook: string | null; links: readonly { name: string; address: string }[] };

export function Elsewhere({ of: { runbook, links } }: { of: Known }) {
  return (
    <>
      {runbook !== null && <Outside name="Runbook" address={runbook} className="button" />}
      {links.map((one) => (
        <Outside key={`${one.name} ${one.address}`} {...one} className="button only-wide" />
      ))}
    </>
  );
}

function Outside({ name, address, className }: { name: string; address: string; className: string }) {
  return (
    <a href={address} className={className} title={address} target="_blank" rel="noreferrer">
      {name} <span aria-hidden="true">↗</span>
    </a>
  );
}
